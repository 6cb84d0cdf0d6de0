// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/web/server.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/socket.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
    EXPECT_EQ(rest(head).substr(0, 12), "HTTP/1.1 431");
    send(body, "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
    EXPECT_EQ(rest(body).substr(0, 12), "HTTP/1.1 413");
    send(chunked, "POST /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" +
                      std::string(1024, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(rest(chunked).substr(0, 12), "HTTP/1.1 413");
}

TEST(WebServer, IsRefusedBeyondLoopbackWithoutTlsAndToken)
{
    for (const char* address : { "0.0.0.0:80", "[::]:80", "192.0.2.1:80" })
        EXPECT_THROW(WebServer(at(address), routes()), InvalidArgument) << address;
    WebConfig config = at("0.0.0.0:80");
    config.token = "token";
    EXPECT_THROW(WebServer(config, routes()), InvalidArgument);
}
