// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/server.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/socket.h"

#include "tests/support/expect_error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <string>

using namespace prunedamr;
using namespace prunedamr::receiver;
using namespace std::chrono_literals;

namespace {

std::string free_address()
{
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(probe);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

WebConfig at(const std::string& address)
{
    WebConfig config;
    config.address = address;
    return config;
}

std::vector<WebRoute> routes()
{
    return { { "GET", "/hello",
               [](const WebRequest& request) {
                   return WebAnswer{ 200, "text/plain", request.query };
               } },
             { "GET", "/broken", [](const WebRequest&) -> WebAnswer { throw std::runtime_error("broken"); } } };
}

void send(Socket& client, const std::string& text)
{
    client.send_all(reinterpret_cast<const std::byte*>(text.data()), text.size());
}

/// All that comes until the server closes.
std::string rest(Socket& client)
{
    std::string text;
    std::byte bytes[4096];
    try {
        while (const auto count = client.receive(bytes, sizeof bytes, 5s))
            text.append(reinterpret_cast<const char*>(bytes), *count);
    } catch (const Error&) {
        return text;
    }
    return text + " and then it stays open";
}

std::string get(const std::string& address, const std::string& target)
{
    Socket client = Socket::connect_tcp(address, "test");
    send(client, "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return rest(client);
}

} // namespace

TEST(WebServer, AnswersAndSurvivesARouteThatFails)
{
    const WebServer server(at(free_address()), routes());
    const std::string address = server.address().substr(7);
    EXPECT_EQ(get(address, "/broken").substr(0, 12), "HTTP/1.1 500");
    const std::string answer = get(address, "/hello?a=b");
    EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(answer.substr(answer.size() - 3), "a=b");
}

TEST(WebServer, ClosesWhoHasNoWholeRequestInTime)
{
    WebConfig config = at(free_address());
    config.patience = 100ms;
    const WebServer server(config, routes());
    Socket silent = Socket::connect_tcp(config.address, "test"), slow = Socket::connect_tcp(config.address, "test");
    send(slow, "GET /hello HTTP/1.1\r\n");
    EXPECT_EQ(rest(silent), "");
    try {
        for (int i = 0; i < 1000; ++i) { // a byte now and then does not help
            send(slow, "X");
            std::byte byte;
            if (slow.receive(&byte, 1, 20ms))
                break;
        }
        ADD_FAILURE() << "a slow client is served for 20 s";
    } catch (const Error&) {
    }
}

TEST(WebServer, TheOneThatIsWaitedForLongestGivesWay)
{
    WebConfig config = at(free_address());
    config.max_connections = 2;
    const WebServer server(config, routes());
    Socket silent = Socket::connect_tcp(config.address, "test"),
           talking = Socket::connect_tcp(config.address, "test");
    send(talking, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    std::byte byte;
    EXPECT_TRUE(talking.receive(&byte, 1, 5s));
    EXPECT_EQ(get(config.address, "/hello").substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(rest(silent), "");
    send(talking, "GET /hello?again HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_NE(rest(talking).find("again"), std::string::npos);
}

TEST(WebServer, LargeRequestsAreRefused)
{
    WebConfig config = at(free_address());
    config.max_head_bytes = 1000;
    config.max_body_bytes = 100;
    const WebServer server(config, routes());
    Socket head = Socket::connect_tcp(config.address, "test"), body = Socket::connect_tcp(config.address, "test"),
           chunked = Socket::connect_tcp(config.address, "test");
    send(head, "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
    const std::string long_head = rest(head);
    EXPECT_EQ(long_head.substr(0, 12), "HTTP/1.1 431");
    EXPECT_NE(long_head.find("the head is larger than 1000 bytes"), std::string::npos);
    send(body, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
    const std::string long_body = rest(body);
    EXPECT_EQ(long_body.substr(0, 12), "HTTP/1.1 413");
    EXPECT_NE(long_body.find("the body is larger than 100 bytes"), std::string::npos);
    send(chunked, "POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" +
                      std::string(1024, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(rest(chunked).substr(0, 12), "HTTP/1.1 413");
}

TEST(WebServer, IsRefusedBeyondLoopbackWithoutTlsAndToken)
{
    for (const char* address : { "0.0.0.0:80", "[::]:80", "192.0.2.1:80" })
        EXPECT_THROW(WebServer(at(address), routes()), InvalidArgument) << address;
    WebConfig config = at("0.0.0.0:80");
    config.token = "a token that is long enough";
    EXPECT_THROW(WebServer(config, routes()), InvalidArgument);
}

TEST(WebServer, ATokenForTheNetworkIsLongEnoughNotToBeGuessed)
{
    WebConfig config = at("0.0.0.0:80");
    config.certificate = config.key = "nowhere.pem";
    config.token = std::string(15, 'x');
    EXPECT_ERROR(WebServer(config, routes()), "too short: found 15 characters, expected at least 16");
    config.token += "x";
#ifdef PRUNEDAMR_HAVE_TLS
    EXPECT_ERROR(WebServer(config, routes()), "nowhere.pem: cannot open: found No such file or directory");
#else
    EXPECT_ERROR(WebServer(config, routes()), "no TLS");
#endif
}

/// RFC 9110, 9.3.2.
TEST(WebServer, HeadIsAnsweredAsGetWithoutTheBody)
{
    const WebServer server(at(free_address()), routes());
    Socket client = Socket::connect_tcp(server.address().substr(7), "test");
    send(client, "HEAD /hello?a=b HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hello?after HTTP/1.1\r\nHost: localhost\r\n"
                 "Connection: close\r\n\r\n");
    const std::string answers = rest(client);
    EXPECT_EQ(answers.substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_NE(answers.find("Content-Length: 3\r\n"), std::string::npos) << answers;
    EXPECT_EQ(answers.find("a=b"), std::string::npos);
    EXPECT_EQ(answers.substr(answers.size() - 5), "after");
}

TEST(WebServer, ARequestThatNamesTwoHostsIsRefused)
{
    const WebServer server(at(free_address()), routes());
    Socket client = Socket::connect_tcp(server.address().substr(7), "test");
    send(client, "GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(rest(client).substr(0, 12), "HTTP/1.1 400");
}

namespace {

std::string ask(const std::string& address, const std::string& head)
{
    Socket client = Socket::connect_tcp(address, "test");
    send(client, head + "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    return rest(client).substr(9, 3);
}

/// What comes until `end` was seen.
std::string until(Socket& client, const std::string& end)
{
    std::string text;
    std::byte bytes[4096];
    while (text.find(end) == std::string::npos) {
        const auto count = client.receive(bytes, sizeof bytes, 5s);
        if (!count)
            return text + " and then nothing";
        text.append(reinterpret_cast<const char*>(bytes), *count);
    }
    return text;
}

/// The key and the answer to it are those of RFC 6455, 1.3.
std::string upgrade(const std::string& path, const std::string& more = "")
{
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + more + "\r\n";
}

WebMessage text(const std::string& bytes)
{
    return { std::make_shared<const std::string>(bytes) };
}

} // namespace

TEST(WebServer, ChangesNeedTheTokenAndPagesDoNot)
{
    WebConfig config = at(free_address());
    config.token = "open sesame";
    auto all = routes();
    const auto serve = [](const WebRequest&) { return WebAnswer{}; };
    all.push_back({ "POST", "/change", serve, WebAccess::change });
    all.push_back({ "GET", "/", serve, WebAccess::open });
    const WebServer server(config, all);
    EXPECT_EQ(ask(config.address, "GET / HTTP/1.1"), "200");
    EXPECT_EQ(ask(config.address, "GET /hello HTTP/1.1"), "200");
    EXPECT_EQ(ask(config.address, "POST /change HTTP/1.1"), "401");
    for (const char* wrong : { "Bearer open sesam", "Bearer open sesame x", "Bearer open sesame2", "Bearer", "open sesame", "Basic b3Blbg==" })
        EXPECT_EQ(ask(config.address, std::string("POST /change HTTP/1.1\r\nAuthorization: ") + wrong), "401") << wrong;
    EXPECT_EQ(ask(config.address, "POST /change HTTP/1.1\r\nAuthorization: Bearer open sesame"), "200");
}

TEST(WebServer, WithoutATokenNothingCanBeChanged)
{
    const WebConfig config = at(free_address());
    const WebServer server(config, { { "POST", "/change", [](const WebRequest&) { return WebAnswer{}; }, WebAccess::change } });
    EXPECT_EQ(ask(config.address, "POST /change HTTP/1.1\r\nAuthorization: Bearer "), "403");
}

TEST(WebServer, OtherOriginsAreRefused)
{
    const WebConfig config = at(free_address());
    const WebServer server(config, routes(), { "/stream", [] { return "hello"; } });
    EXPECT_EQ(ask(config.address, "GET /hello HTTP/1.1\r\nOrigin: http://localhost"), "200");
    for (const char* other : { "https://localhost", "http://localhost:1", "http://evil.example", "null" })
        EXPECT_EQ(ask(config.address, std::string("GET /hello HTTP/1.1\r\nOrigin: ") + other), "403") << other;
    EXPECT_EQ(ask(config.address, "GET /hello HTTP/1.1\r\nSec-Fetch-Site: cross-site"), "403");
    EXPECT_EQ(ask(config.address, "GET /hello HTTP/1.1\r\nSec-Fetch-Site: same-origin"), "200");
    Socket client = Socket::connect_tcp(config.address, "test");
    send(client, upgrade("/stream", "Origin: http://evil.example\r\n"));
    EXPECT_NE(until(client, "\r\n\r\n").find(" 403 "), std::string::npos);
    EXPECT_EQ(server.listeners(), 0u);
}

TEST(WebServer, AnswersThatComeLaterReachWhoAsked)
{
    WebConfig config = at(free_address());
    config.patience = 300ms;
    std::promise<std::uint64_t> asked;
    WebServer server(config, { { "GET", "/later", [&](const WebRequest& request) -> std::optional<WebAnswer> {
                                    if (request.query != "never")
                                        asked.set_value(request.id);
                                    return std::nullopt;
                                } } });
    Socket client = Socket::connect_tcp(config.address, "test");
    send(client, "GET /later HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    server.reply(asked.get_future().get(), { 200, "text/plain", "at last" });
    EXPECT_NE(rest(client).find("at last"), std::string::npos);
    server.reply(12345, {}); // nobody waits for this one
    EXPECT_EQ(ask(config.address, "GET /later?never HTTP/1.1"), "504");
}

TEST(WebServer, ClientsOfTheStreamAreWelcomedAndHearWhatIsSaid)
{
    const WebConfig config = at(free_address());
    WebServer server(config, routes(), { "/stream", [] { return "welcome"; } });
    Socket client = Socket::connect_tcp(config.address, "test");
    send(client, upgrade("/stream", "Sec-WebSocket-Protocol: prunedamr.v1\r\n"));
    const std::string head = until(client, "welcome");
    EXPECT_NE(head.find(" 101 "), std::string::npos);
    EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    EXPECT_NE(head.find("Sec-WebSocket-Protocol: prunedamr.v1"), std::string::npos);
    EXPECT_EQ(server.listeners(), 1u);
    server.broadcast(text("something happened"));
    EXPECT_NE(until(client, "something happened").find("\x81\x12something"), std::string::npos);
}

/// It misses messages, and then is welcomed again; the others get all of them meanwhile.
TEST(WebServer, WhoDoesNotReadCostsNobodyElseAnything)
{
    WebConfig config = at(free_address());
    WebServer server(config, routes(), { "/stream", [] { return "welcome"; } });
    Socket idle = Socket::connect_tcp(config.address, "test"), eager = Socket::connect_tcp(config.address, "test");
    send(idle, upgrade("/stream"));
    until(idle, "welcome");
    send(eager, upgrade("/stream"));
    until(eager, "welcome");
    const std::string much(60'000, '.');
    for (int i = 0; i < 400; ++i) { // 24 MB, more than sockets hold
        server.broadcast(text(much + "<" + std::to_string(i) + ">"));
        EXPECT_EQ(until(eager, "<" + std::to_string(i) + ">").find("welcome"), std::string::npos);
    }
    server.broadcast(text("<end>"));
    const std::string late = until(idle, "<end>");
    EXPECT_NE(late.find("welcome"), std::string::npos);
    EXPECT_LT(late.size(), 20'000'000u);
    EXPECT_EQ(get(config.address, "/hello").substr(9, 3), "200");
}

/// What nobody has seen is replaced by what is newer.
TEST(WebServer, AClientThatAcknowledgesGetsNoMoreThanItTakes)
{
    const WebConfig config = at(free_address());
    WebServer server(config, routes(), { "/stream", [] { return "welcome"; } });
    Socket client = Socket::connect_tcp(config.address, "test");
    send(client, upgrade("/stream"));
    until(client, "welcome");
    const auto acknowledge = [&] { // with a ping, whose answer tells that it was heard
        send(client, std::string("\x81\x82\0\0\0\0ok", 8) + std::string("\x89\x80\0\0\0\0", 6));
    };
    const std::string pong("\x8a\0", 2);
    const auto row = [&](int number) {
        WebMessage message = text("<" + std::to_string(number) + ">");
        message.is_binary = message.is_passing = true;
        server.broadcast(message);
    };
    for (int i = -9; i <= 0; ++i) { // nobody has said that rows are acknowledged
        row(i);
        until(client, "<" + std::to_string(i) + ">");
    }
    acknowledge();
    until(client, pong);
    for (int i = 1; i <= 4; ++i) {
        row(i);
        until(client, "<" + std::to_string(i) + ">");
    }
    for (int i = 5; i <= 20; ++i)
        row(i);
    server.broadcast(text("<end>"));
    EXPECT_EQ(until(client, "<end>").find("<5>"), std::string::npos);
    acknowledge();
    EXPECT_EQ(until(client, "<20>").find("<19>"), std::string::npos);
}

TEST(WebServer, StreamsAreFew)
{
    WebConfig config = at(free_address());
    config.max_streams = 1;
    WebServer server(config, { { "GET", "/stream", [](const WebRequest&) { return WebAnswer{ 426, "text/plain", "" }; } } },
                     { "/stream", [] { return "welcome"; } });
    Socket first = Socket::connect_tcp(config.address, "test"), second = Socket::connect_tcp(config.address, "test");
    send(first, upgrade("/stream"));
    until(first, "welcome");
    send(second, upgrade("/stream"));
    EXPECT_NE(until(second, "\r\n\r\n").find(" 426 "), std::string::npos);
}

TEST(WebServer, ManyRequestsOfOneConnectionWait)
{
    WebConfig config = at(free_address());
    config.max_burst = 5.0;
    config.max_rate_hz = 100.0;
    const WebServer server(config, routes());
    Socket client = Socket::connect_tcp(config.address, "test");
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 25; ++i) {
        send(client, "GET /hello?" + std::to_string(i) + "; HTTP/1.1\r\nHost: localhost\r\n\r\n");
        until(client, std::to_string(i) + ";");
    }
    EXPECT_GT(std::chrono::steady_clock::now() - begin, 150ms);
}
