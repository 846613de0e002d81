#include "tools/ctl/commands.hpp"

#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "tools/ctl/broadcast.hpp"
#include "tools/ctl/client.hpp"
#include "tools/ctl/top.hpp"
#include "tools/ctl/trace.hpp"
#include "tools/ctl/views.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <unistd.h>

namespace ctl {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int limit_max = 1'000; // the node lists no more at once
constexpr std::size_t top_rows = 20;
constexpr int trace_seconds_max = static_cast<int>(domain::limits::trace_time_max.count());
constexpr int trace_lines_max = static_cast<int>(domain::limits::trace_lines_max);

struct failure {
  int code;
  std::string message;
};

std::string read_secret(const std::string& path) {
  std::string text;
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>{std::cin}, {});
  } else {
    std::ifstream in{path, std::ios::binary};
    if (!in)
      throw failure{exit_usage, "cannot read " + path};
    text.assign(std::istreambuf_iterator<char>{in}, {});
  }
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  return text;
}

class tool {
public:
  explicit tool(std::ostream& out) : out_(out) { declare(); }

  int run(int argc, const char* const* argv, std::ostream& err) {
    try {
      app_.parse(argc, argv);
      return 0;
    } catch (const CLI::CallForHelp&) {
      out_ << app_.help(); // of the command that was named, if one was
      return 0;
    } catch (const CLI::ParseError& e) {
      err << "troupectl: " << e.what() << " (see troupectl --help)\n";
      return exit_usage;
    } catch (const failure& f) {
      err << "troupectl: " << f.message << '\n';
      return f.code;
    }
  }

private:
  using view = void (*)(const rapidjson::Value&, std::ostream&);

  void declare() {
    app_.name("troupectl");
    app_.require_subcommand(1);
    app_.fallthrough(); // --url and the like may stand behind the command
    app_.add_option("--url", url_, "Address of a node")
      ->envname("TROUPE_URL")
      ->capture_default_str();
    app_.add_option("--ca-file", ca_file_, "For https: who may have signed its certificate (PEM)")
      ->envname("TROUPE_CA_FILE");
    app_.add_option("--token", token_, "Access token of an administrator")->envname("TROUPE_TOKEN");
    app_.add_option("--token-file", token_file_, "File with the token (- reads standard input)")
      ->envname("TROUPE_TOKEN_FILE");
    app_.add_option("-o,--output", output_, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
    app_.footer("Example: troupectl --token-file token actors --sort busy --limit 10");

    declare_actors();
    auto* rooms = command("rooms", "Active rooms of the node", "troupectl rooms --limit 20");
    with_limit(rooms)->callback(
      [this] { show("/admin/rooms?limit=" + std::to_string(limit_), show_rooms); });
    auto* room =
      command("room", "One room: who is in, seq, epoch, what is pending", "troupectl room general");
    room->add_option("id", id_, "The room's id")->required();
    room->callback([this] { show("/admin/rooms/" + escape(id_), show_detail); });
    declare_sessions();
    declare_trace();
    declare_why();
    declare_broadcast();
    declare_top();
    declare_login();
  }

  CLI::App* command(const char* name, const char* what, const std::string& example) {
    auto* c = app_.add_subcommand(name, what);
    c->footer("Example: " + example);
    return c;
  }

  CLI::App* with_limit(CLI::App* c) {
    c->add_option("--limit", limit_, "How many")
      ->check(CLI::Range(1, limit_max))
      ->capture_default_str();
    return c;
  }

  void declare_actors() {
    auto* actors = command(
      "actors", "Live actors, the largest first",
      "troupectl actors --type room --sort mailbox --limit 20");
    actors->add_option("--type", type_, "Only this type: session, room, …");
    actors->add_option("--sort", sort_, "By what: mailbox, messages, busy or age")
      ->check(CLI::IsMember({"mailbox", "messages", "busy", "age"}))
      ->capture_default_str();
    with_limit(actors)->callback([this] {
      auto path = "/admin/actors?sort=" + sort_ + "&limit=" + std::to_string(limit_);
      if (!type_.empty())
        path += "&type=" + escape(type_);
      show(path, show_actors);
    });
    auto* actor = command("actor", "One actor with its state", "troupectl actor act_42");
    actor->add_option("id", id_, "As `actors` lists it")->required();
    actor->callback([this] { show("/admin/actors/" + escape(id_), show_detail); });
  }

  void declare_sessions() {
    auto* sessions =
      command("sessions", "Sessions of signed-in clients", "troupectl sessions -o json");
    with_limit(sessions)->callback(
      [this] { show("/admin/sessions?limit=" + std::to_string(limit_), show_sessions); });
    auto* session =
      command("session", "One session, or its end", "troupectl session ses_01J9ZK3V --kick");
    session->add_option("id", id_, "The session's id")->required();
    session->add_flag("--kick", is_kick_, "End it; the client is told not to come back (4503)");
    session->callback([this] {
      if (!is_kick_)
        return show("/admin/sessions/" + escape(id_), show_detail);
      const auto a = checked(node().del("/admin/sessions/" + escape(id_)));
      if (is_json())
        out_ << (a.body.empty() ? "{}" : a.body) << '\n';
      else
        out_ << "ended " << id_ << '\n';
    });
  }

  void declare_trace() {
    auto* trace = command(
      "trace", "What passes through a room, a user, a session or an actor, live; ends by itself",
      "troupectl trace room general --seconds 30");
    trace->add_option("of", type_, "room, user, session or actor")
      ->required()
      ->check(CLI::IsMember({"room", "user", "session", "actor"}));
    trace->add_option("id", id_, "Its id; of an actor, as `actors` lists it")->required();
    trace->add_option("--seconds", seconds_, "How long")
      ->check(CLI::Range(1, trace_seconds_max))
      ->capture_default_str();
    trace->add_option("--lines", lines_, "At most so many")
      ->check(CLI::Range(1, trace_lines_max))
      ->capture_default_str();
    trace->add_flag("--content", is_content_, "Show contents, too; this is noted in the log");
    trace->callback([this] { follow_trace(); });
  }

  void follow_trace() {
    auto path = "/admin/trace?" + type_ + "=" + escape(id_) + "&seconds=" + std::to_string(seconds_)
                + "&lines=" + std::to_string(lines_);
    if (is_content_)
      path += "&content=true";
    bool has_ended = false;
    const auto patience = std::chrono::seconds{seconds_} + std::chrono::seconds{10};
    checked(node().follow(path, patience, [&](const std::string& line) {
      has_ended = write_trace_line(line, is_json(), out_);
      out_.flush();
    }));
    if (!has_ended)
      throw failure{exit_failed, "the trace was cut: the node ended, or the connection did"};
  }

  void declare_why() {
    auto* why = command(
      "why", "Where a recent message went for one user",
      "troupectl why msg_01J9ZK3V --user usr_01J9Z");
    why->add_option("message", id_, "The message's id")->required();
    why->add_option("--user", user_, "The user's id")->required();
    why->callback(
      [this] { show("/admin/why?message=" + escape(id_) + "&user=" + escape(user_), show_why); });
  }

  void declare_broadcast() {
    auto* send = command(
      "broadcast", "Send an event to rooms, users or all; or what was sent",
      "troupectl broadcast --event maintenance --data '{\"at\":\"22:00\"}' --all --role moderator");
    send->require_subcommand(0, 1);
    auto& o = broadcast_;
    send->add_option("--event", o.event, "The event's name");
    send->add_option("--data", o.data, "Its data, as JSON")->capture_default_str();
    send->add_option("--room", o.rooms, "To who is in this room (may be repeated)");
    send->add_option("--user", o.users, "To all sessions of this user (may be repeated)");
    send->add_flag("--all", o.is_for_all, "To all who are signed in");
    send->add_option("--except-room", o.except_rooms, "Not to who is in this room");
    send->add_option("--except-user", o.except_users, "Not to this user");
    send->add_option("--role", o.roles, "Only to this role: user, moderator or admin");
    send->add_option("--near", o.near, "Only to who is within KM of there: LAT,LNG,KM");
    send->add_option("--attribute", o.attributes, "Only to sessions with NAME=VALUE");
    send->add_option("--priority", o.priority, "critical, high, normal, low or background")
      ->check(CLI::IsMember({"critical", "high", "normal", "low", "background"}));
    send->add_option("--key", o.key, "Of undelivered events with this key only the newest is sent");
    send->add_flag("--batch", o.is_batched, "May wait for others, at most 100 ms");
    send->add_flag("--volatile", o.is_volatile, "May be dropped for who reads slowly");
    send->callback([this, send] {
      if (send->get_subcommands().empty())
        send_broadcast();
    });
    auto* stats = send->add_subcommand("stats", "Counts, the top five, the last failures");
    stats->footer("Example: troupectl broadcast stats --for-room general");
    stats->add_option("--for-room", stats_room_, "With the counts of this room");
    stats->add_option("--for-user", stats_user_, "With the counts of this user");
    stats->add_flag("--reset", is_reset_, "Begin anew");
    stats->callback([this] { show_broadcasts(); });
  }

  void send_broadcast() {
    if (broadcast_.event.empty())
      throw failure{exit_usage, "broadcast: --event is required"};
    std::string body, why;
    if (!write_broadcast(broadcast_, body, why))
      throw failure{exit_usage, "broadcast: " + why};
    const auto a = checked(node().post("/broadcast", body));
    if (is_json())
      out_ << a.body << '\n';
    else if (a.json.IsObject() && a.json.HasMember("recipients") && a.json["recipients"].IsUint64())
      out_ << "sent to " << a.json["recipients"].GetUint64() << " sessions\n";
    else
      out_ << "put into a batch\n";
  }

  void show_broadcasts() {
    const std::string path = "/admin/broadcast/stats";
    if (is_reset_) {
      const auto a = checked(node().del(path));
      out_ << (is_json() ? (a.body.empty() ? "{}" : a.body) : "the statistics begin anew") << '\n';
      return;
    }
    std::string query;
    if (!stats_room_.empty())
      query += "?room=" + escape(stats_room_);
    if (!stats_user_.empty())
      query += (query.empty() ? "?user=" : "&user=") + escape(stats_user_);
    show(path + query, show_detail);
  }

  void declare_top() {
    auto* top = command("top", "The busiest actors, once a second", "troupectl top --once");
    top->add_flag("--once", is_once_, "Print once and end");
    top->callback([this] { watch(); });
  }

  void declare_login() {
    auto* login = command(
      "login", "Print an access token",
      "troupectl login --email admin@example.org --password-file password > token");
    login->add_option("--email", email_, "Of the account")->required();
    login
      ->add_option(
        "--password-file", password_file_, "File with the password (- reads standard input)")
      ->required();
    login->callback([this] {
      const auto body = domain::json_object{}
                          .text("email", email_)
                          .text("password", read_secret(password_file_))
                          .take();
      const auto a = checked(client{where(), {}}.post("/auth/login", body));
      const bool has_token =
        a.json.IsObject() && a.json.HasMember("accessToken") && a.json["accessToken"].IsString();
      if (!has_token)
        throw failure{exit_failed, "the answer holds no token; is this a Troupe node?"};
      out_ << (is_json() ? a.body : a.json["accessToken"].GetString()) << '\n';
    });
  }

  bool is_json() const { return output_ == "json"; }

  endpoint where() const {
    endpoint e;
    std::string why;
    if (!parse_endpoint(url_, e, why))
      throw failure{exit_usage, "--url: " + why};
    e.ca_file = ca_file_;
    return e;
  }

  client node() const {
    const auto token = token_file_.empty() || !token_.empty() ? token_ : read_secret(token_file_);
    if (token.empty())
      throw failure{
        exit_usage, "no token: give --token-file or TROUPE_TOKEN (troupectl login prints one)"};
    return {where(), token};
  }

  static answer checked(answer a) {
    if (!a.is_ok())
      throw failure{exit_failed, a.problem};
    return a;
  }

  void show(const std::string& path, view v) {
    const auto a = checked(node().get(path));
    if (is_json())
      out_ << a.body << '\n';
    else
      v(a.json, out_);
  }

  void watch() {
    const auto c = node();
    const bool is_refreshed = !is_once_ && !is_json() && isatty(STDOUT_FILENO) != 0;
    std::optional<reading> before;
    for (;;) {
      const auto begin = std::chrono::steady_clock::now();
      auto node_now = checked(c.get("/admin/top"));
      auto actors_now =
        checked(c.get("/admin/actors?sort=busy&limit=" + std::to_string(limit_max)));
      reading now{
        std::move(node_now.json), std::move(actors_now.json), std::chrono::steady_clock::now()};
      if (is_json()) {
        out_ << R"({"top":)" << node_now.body << R"(,"actors":)" << actors_now.body << "}\n";
      } else {
        out_ << (is_refreshed ? "\x1b[H\x1b[2J" : before ? "\n" : "");
        show_top(now, before ? &*before : nullptr, top_rows, out_);
      }
      out_.flush();
      if (is_once_ || !out_)
        return;
      before.emplace(std::move(now));
      std::this_thread::sleep_until(begin + std::chrono::seconds{1});
    }
  }

  std::ostream& out_;
  CLI::App app_{"Looks into a running Troupe node and acts on it, over its admin API."};
  std::string url_ = "http://127.0.0.1:8080", ca_file_, token_, token_file_, output_ = "table";
  std::string type_, sort_ = "mailbox", id_, user_, email_, password_file_;
  int limit_ = 50;
  int seconds_ = static_cast<int>(domain::limits::trace_time.count());
  int lines_ = static_cast<int>(domain::limits::trace_lines);
  bool is_kick_ = false, is_once_ = false, is_content_ = false, is_reset_ = false;
  broadcast_options broadcast_;
  std::string stats_room_, stats_user_;
};

} // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  return tool{out}.run(argc, argv, err);
}

} // namespace ctl
