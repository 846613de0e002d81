// A SQLite VFS in front of the default one: https://www.sqlite.org/vfs.html, "shims".
#include "tests/persistence/failing_disk.hpp"

#include <climits>
#include <sqlite3.h>

#include <stdexcept>

namespace support {

namespace {

sqlite3_vfs* real = nullptr;
sqlite3_vfs shim{};
int good_writes = INT_MAX;
int good_syncs = INT_MAX;
int write_error = SQLITE_IOERR_WRITE;

struct file {
  sqlite3_file base;
  sqlite3_file* below; // right behind this struct
};

sqlite3_file* below(sqlite3_file* f) {
  return reinterpret_cast<file*>(f)->below;
}

template <auto Method, class... Args>
int forward(sqlite3_file* f, Args... args) {
  return (below(f)->pMethods->*Method)(below(f), args...);
}

int write(sqlite3_file* f, const void* bytes, int count, sqlite3_int64 at) {
  if (good_writes == 0)
    return write_error;
  if (good_writes != INT_MAX)
    --good_writes;
  return below(f)->pMethods->xWrite(below(f), bytes, count, at);
}

int sync(sqlite3_file* f, int flags) {
  if (good_syncs == 0)
    return SQLITE_IOERR_FSYNC;
  if (good_syncs != INT_MAX)
    --good_syncs;
  return below(f)->pMethods->xSync(below(f), flags);
}

void shm_barrier(sqlite3_file* f) {
  below(f)->pMethods->xShmBarrier(below(f));
}

const sqlite3_io_methods methods = [] {
  sqlite3_io_methods m{};
  m.iVersion = 2; // no memory-mapped reads: these could not be made to fail
  m.xClose = forward<&sqlite3_io_methods::xClose>;
  m.xRead = forward<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
  m.xWrite = write;
  m.xTruncate = forward<&sqlite3_io_methods::xTruncate, sqlite3_int64>;
  m.xSync = sync;
  m.xFileSize = forward<&sqlite3_io_methods::xFileSize, sqlite3_int64*>;
  m.xLock = forward<&sqlite3_io_methods::xLock, int>;
  m.xUnlock = forward<&sqlite3_io_methods::xUnlock, int>;
  m.xCheckReservedLock = forward<&sqlite3_io_methods::xCheckReservedLock, int*>;
  m.xFileControl = forward<&sqlite3_io_methods::xFileControl, int, void*>;
  m.xSectorSize = forward<&sqlite3_io_methods::xSectorSize>;
  m.xDeviceCharacteristics = forward<&sqlite3_io_methods::xDeviceCharacteristics>;
  m.xShmMap = forward<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>;
  m.xShmLock = forward<&sqlite3_io_methods::xShmLock, int, int, int>;
  m.xShmBarrier = shm_barrier;
  m.xShmUnmap = forward<&sqlite3_io_methods::xShmUnmap, int>;
  return m;
}();

int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  auto* ours = reinterpret_cast<file*>(f);
  ours->base.pMethods = nullptr;
  ours->below = reinterpret_cast<sqlite3_file*>(ours + 1);
  const int code = real->xOpen(real, name, ours->below, flags, out_flags);
  if (ours->below->pMethods != nullptr)
    ours->base.pMethods = &methods;
  return code;
}

} // namespace

failing_disk::failing_disk() {
  mend();
  real = sqlite3_vfs_find(nullptr);
  shim = *real;
  shim.zName = "failing";
  shim.pNext = nullptr;
  shim.szOsFile = static_cast<int>(sizeof(file)) + real->szOsFile;
  shim.xOpen = open;
  if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK)
    throw std::runtime_error{"cannot register the failing disk"};
}

failing_disk::~failing_disk() {
  mend();
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
}

void failing_disk::fail_sync_after(int good) const {
  good_syncs = good;
}

void failing_disk::fail_write_after(int good) const {
  good_writes = good;
  write_error = SQLITE_IOERR_WRITE;
}

void failing_disk::fill_after(int good) const {
  good_writes = good;
  write_error = SQLITE_FULL;
}

void failing_disk::mend() const {
  good_writes = INT_MAX;
  good_syncs = INT_MAX;
}

} // namespace support
