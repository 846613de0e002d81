#include "domain/limits.hpp"
#include "net/http/content_coding.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <zlib.h>

using namespace net::http;

namespace {

std::string gunzip(const std::string& packed) {
  z_stream zip{};
  REQUIRE(inflateInit2(&zip, 15 + 16) == Z_OK);
  std::string out(2u << 20, '\0');
  auto in = packed;
  zip.next_in = reinterpret_cast<Bytef*>(in.data());
  zip.avail_in = static_cast<uInt>(in.size());
  zip.next_out = reinterpret_cast<Bytef*>(out.data());
  zip.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&zip, Z_FINISH) == Z_STREAM_END);
  CHECK(zip.avail_in == 0);
  out.resize(zip.total_out);
  inflateEnd(&zip);
  return out;
}

std::string text(std::size_t size) {
  std::string made;
  for (int n = 0; made.size() < size; ++n)
    made += "4[" + std::to_string(n) + "]";
  made.resize(size);
  return made;
}

response encoded(
  std::string body, std::vector<std::pair<std::string, std::string>> wanted, bool vary = false) {
  request asked;
  asked.headers = std::move(wanted);
  response answer;
  answer.body = std::move(body);
  if (vary)
    answer.headers.emplace_back("Vary", "Origin");
  encode_body(asked, answer);
  return answer;
}

using fields = std::vector<std::pair<std::string, std::string>>;

} // namespace

TEST_CASE("gzip is taken by whoever accepts it, at a weight above none", "[net][http]") {
  for (const auto* yes :
       {"gzip", "GZIP", "x-gzip", "*", "deflate, gzip;q=1.0, *;q=0.5", "br;q=1,gzip;q=0.001",
        "gzip ; q=0.5", "gzip;Q=1", "identity;q=0.5, gzip;q=1", "identity, gzip", "*;q=0.1, br",
        "gzip;x=y", " gzip\t,", "identity;q=0, *"}) {
    CAPTURE(yes);
    CHECK(accepts_gzip(yes));
  }
  for (const auto* no :
       {"",
        "identity",
        "deflate",
        "br, deflate",
        "gzip;q=0",
        "gzip;q=0.000",
        "gzip; q = 0",
        "*;q=0",
        "gzip;q=0, *",
        "gzipped",
        "gzip;q=",
        "gzip;q=x",
        "gzip;q=1.5",
        "gzip;q=-1",
        "gzip;q=0.0001",
        "gzip;q=2",
        "gzip;q=1e0",
        "identity;q=1, gzip;q=0.5",
        ",",
        ";q=1",
        "gz ip",
        "gzip;q=0;x=y"}) {
    CAPTURE(no);
    CHECK_FALSE(accepts_gzip(no));
  }
}

TEST_CASE("a body is compressed when it is wanted, and comes out the same", "[net][http]") {
  for (const auto size :
       {domain::limits::gzip_bytes_min, std::size_t{100'000}, domain::limits::gzip_bytes_max}) {
    const auto plain = text(size);
    const auto answer = encoded(plain, {{"accept-encoding", "gzip, br"}});
    CHECK(answer.body.size() < size / 2);
    CHECK(gunzip(answer.body) == plain);
    CHECK(answer.headers == fields{{"Vary", "Accept-Encoding"}, {"Content-Encoding", "gzip"}});
  }
  const auto several =
    encoded(text(2'000), {{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}}, true);
  CHECK(
    several.headers == fields{{"Vary", "Origin, Accept-Encoding"}, {"Content-Encoding", "gzip"}});
}

TEST_CASE("a body that is refused, too small, too large or random stays as it is", "[net][http]") {
  CHECK(encoded(text(2'000), {}).headers == fields{{"Vary", "Accept-Encoding"}});
  CHECK(encoded(text(2'000), {{"Accept-Encoding", "gzip;q=0"}}).body == text(2'000));
  for (const auto size :
       {std::size_t{0}, domain::limits::gzip_bytes_min - 1, domain::limits::gzip_bytes_max + 1}) {
    const auto answer = encoded(text(size), {{"Accept-Encoding", "gzip"}}, true);
    CHECK(answer.body == text(size));
    CHECK(answer.headers == fields{{"Vary", "Origin"}});
  }
  std::mt19937 random{20261126};
  std::string noise(4'000, '\0');
  for (auto& c : noise)
    c = static_cast<char>(random());
  const auto answer = encoded(noise, {{"Accept-Encoding", "gzip"}});
  CHECK(answer.body == noise);
  CHECK(answer.headers == fields{{"Vary", "Accept-Encoding"}});
}
