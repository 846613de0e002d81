#pragma once

namespace support {

/// SQLite on a disk that fails when told to. Databases opened while one of these lives are on it.
class failing_disk {
public:
  failing_disk();
  failing_disk(const failing_disk&) = delete;
  failing_disk& operator=(const failing_disk&) = delete;
  ~failing_disk();

  // `good` more of them succeed, then every one fails, until `mend`.
  void fail_sync_after(int good) const;
  void fail_write_after(int good) const; // I/O error
  void fill_after(int good) const;       // no space left
  void mend() const;
};

} // namespace support
