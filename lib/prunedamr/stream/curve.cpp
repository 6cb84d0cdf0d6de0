// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/curve.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"

#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <sstream>

namespace prunedamr::stream {

namespace fs = std::filesystem;
namespace {

constexpr std::size_t kKeyCharacters = 40, kKeyBytes = 32;
constexpr std::size_t kMaxSecretFileBytes = 10'000, kMaxClientFileBytes = 1'000'000;

/// The values of the lines NAME = "VALUE" of a certificate, or the words of a file of keys.
std::vector<std::string> keys_in(const std::string& text, const std::string& name)
{
    std::vector<std::string> keys;
    std::istringstream lines(text), words(text);
    for (std::string line; std::getline(lines, line);) {
        std::size_t at = 0;
        const auto skip = [&](const std::string& expected) {
            at = std::min(line.find_first_not_of(" \t", at), line.size());
            const bool found = line.compare(at, expected.size(), expected) == 0;
            at += found ? expected.size() : 0;
            return found;
        };
        if (!skip(name) || !skip("=") || !skip("\""))
            continue;
        const std::size_t end = line.find('"', at);
        if (end != std::string::npos)
            keys.push_back(line.substr(at, end - at));
    }
    return keys.empty() ? std::vector<std::string>(std::istream_iterator<std::string>(words), {}) : keys;
}

std::vector<fs::path> certificates_in(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure))
        if (entry->path().extension() == ".key")
            files.push_back(entry->path());
    if (failure)
        throw Error{ { "cannot read the folder of client keys", folder, failure.message(), "" } };
    std::sort(files.begin(), files.end()); // so that of two bad ones always the same is named
    return files;
}

void append_keys_of(const std::string& path, std::vector<std::string>& keys)
{
    const auto of_file = keys_in(read_file(path, kMaxClientFileBytes), "public-key");
    if (of_file.empty())
        throw Error{ { "no CURVE public key in this file", path, "", "NAME.key, or 40 characters of Z85" } };
    for (const auto& key : of_file)
        if (!decode_curve_key(key))
            throw Error{ { "bad CURVE public key", path, "", "40 characters of Z85" } };
    keys.insert(keys.end(), of_file.begin(), of_file.end());
}

} // namespace

std::string read_curve_secret_key(const std::string& path)
{
    const std::string text = read_file(path, kMaxSecretFileBytes);
    const bool is_certificate = text.find("secret-key") != std::string::npos;
    const auto found = keys_in(text, "secret-key");
    char public_key[kKeyCharacters + 1];
    if (found.empty() || (found.size() > 1 && !is_certificate))
        throw Error{ { "no CURVE secret key in this file", path, "", "40 characters of Z85, or NAME.key_secret" } };
    const std::string& secret = found[0];
    if (secret.size() != kKeyCharacters || zmq_curve_public(public_key, secret.c_str()) != 0)
        throw Error{ { "bad CURVE secret key", path, "", "40 characters of Z85" } };
    return secret;
}

std::optional<std::string> curve_secret_key_warning(const std::string& path)
{
    std::error_code failure;
    const auto status = fs::status(path, failure);
    constexpr auto kOthers = fs::perms::group_read | fs::perms::others_read;
    if (failure || status.type() != fs::file_type::regular || (status.permissions() & kOthers) == fs::perms::none)
        return std::nullopt;
    return path + ": others on this machine can read this secret; 'chmod 600' keeps it to you";
}

std::vector<std::string> read_curve_client_keys(const std::string& path)
{
    std::vector<std::string> keys;
    std::error_code ignored;
    if (!fs::is_directory(path, ignored))
        append_keys_of(path, keys);
    else
        for (const auto& file : certificates_in(path))
            append_keys_of(file, keys);
    if (keys.empty())
        throw Error{ { "no client keys in this folder", path, "", "certificates NAME.key" } };
    return keys;
}

std::map<std::string, std::string> read_curve_client_names(const std::string& path)
{
    std::map<std::string, std::string> names;
    std::error_code ignored;
    if (!fs::is_directory(path, ignored))
        return names;
    for (const auto& file : certificates_in(path)) {
        std::vector<std::string> keys;
        append_keys_of(file, keys);
        for (const auto& key : keys)
            if (const auto [known, is_new] = names.emplace(key, file.stem()); !is_new && known->second != file.stem())
                throw Error{ { "two clients have the same CURVE key", path, known->second + " and " + file.stem().string(), "a key for each" } };
    }
    return names;
}

std::optional<std::string> decode_curve_key(const std::string& key)
{
    std::string bytes(kKeyBytes, '\0');
    if (key.size() != kKeyCharacters || key.find('\0') != std::string::npos ||
        !zmq_z85_decode(reinterpret_cast<std::uint8_t*>(bytes.data()), key.c_str()))
        return std::nullopt;
    return bytes;
}

namespace {

constexpr const char* kAddress = "inproc://zeromq.zap.01";
constexpr const char* kVersion = "1.0";

/// Frames of a request, in their order; the last one only for CURVE.
enum Frame : std::size_t { version, request_id, domain, address, routing_id, mechanism, client_key, frame_count };

/// Again when a signal came in between.
template <typename Action> void uninterrupted(const Action& action)
{
    while (true)
        try {
            return action();
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR)
                throw;
        }
}

/// All frames of the next message.
std::vector<std::string> receive(zmq::socket_t& socket)
{
    std::vector<std::string> frames;
    zmq::message_t frame;
    do {
        uninterrupted([&] { (void)socket.recv(frame); });
        frames.push_back(frame.to_string());
    } while (frame.more());
    return frames;
}

} // namespace

ZapHandler::ZapHandler(zmq::context_t& context, const std::vector<std::string>& client_keys)
    : context_(context), socket_(context, zmq::socket_type::rep)
{
    for (const auto& key : client_keys)
        admitted_.insert(decode_curve_key(key).value());
    socket_.bind(kAddress);
    thread_ = std::thread([this] { serve(); });
}

ZapHandler::~ZapHandler()
{
    context_.shutdown();
    thread_.join();
}

void ZapHandler::serve()
{
    try {
        while (true)
            answer(receive(socket_));
    } catch (const std::exception&) { // the context is shut down, or memory is short: nobody is admitted any more
    }
}

void ZapHandler::answer(const std::vector<std::string>& request)
{
    const bool known = request.size() == frame_count && request[version] == kVersion &&
                       request[mechanism] == "CURVE" && admitted_.count(request[client_key]) != 0;
    const std::string id = request.size() > request_id ? request[request_id] : "";
    char user[kKeyCharacters + 1] = "";
    if (known)
        zmq_z85_encode(user, reinterpret_cast<const std::uint8_t*>(request[client_key].data()), kKeyBytes);
    const std::array<std::string, 6> reply = {
        kVersion, id, known ? "200" : "400", known ? "OK" : "not a listed key", user, ""
    }; // no metadata
    for (std::size_t i = 0; i < reply.size(); ++i)
        uninterrupted([&] {
            const bool more = i + 1 < reply.size();
            socket_.send(zmq::buffer(reply[i]), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
        });
}

} // namespace prunedamr::stream
