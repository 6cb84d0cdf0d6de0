// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prunedamr {

InputFile::InputFile(const std::string& path, const std::string& kind)
    : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), opened_{}
{
    if (descriptor_ < 0)
        throw SystemError("cannot open", path, errno, "a readable file");
    if (::fstat(descriptor_, &opened_) != 0 || !S_ISREG(opened_.st_mode)) {
        ::close(descriptor_);
        throw SystemError({ "cannot read", path, "not a regular file", kind },
                          S_ISDIR(opened_.st_mode) ? EISDIR : 0);
    }
}

InputFile::~InputFile()
{
    ::close(descriptor_);
}

void InputFile::read(std::uint64_t offset, std::size_t bytes, void* out) const
{
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t count =
            ::pread(descriptor_, static_cast<char*>(out) + done, bytes - done, static_cast<off_t>(offset + done));
        if (count == 0)
            throw Error({ "file was cut while it was read", path_,
                          "its end at byte " + std::to_string(offset + done),
                          std::to_string(size()) + " bytes, as when it was opened" });
        if (count < 0 && errno != EINTR)
            throw SystemError("cannot read", path_, errno);
        done += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
}

std::string InputFile::read_all(std::uint64_t limit_bytes) const
{
    if (size() > limit_bytes)
        throw Error({ "file is too large", path_, std::to_string(size()) + " bytes",
                      "at most " + std::to_string(limit_bytes) });
    std::string bytes(size(), '\0');
    read(0, bytes.size(), bytes.data());
    check_unchanged();
    return bytes;
}

void InputFile::check_unchanged() const
{
    struct stat now {
    };
    if (::fstat(descriptor_, &now) != 0)
        throw SystemError("cannot read", path_, errno);
    if (now.st_size != opened_.st_size || now.st_mtim.tv_sec != opened_.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != opened_.st_mtim.tv_nsec)
        throw Error({ "file was written to while it was read", path_, "", "a file that stays as it is" });
}

namespace fs = std::filesystem;
namespace {

constexpr int kMaxLinks = 40; ///< as the kernel follows
constexpr mode_t kPermissions = 0777;
constexpr auto kStale = std::chrono::hours(24); ///< what was not written to for so long has no writer

/// Throws `SystemError` with what `errno` says.
[[noreturn]] void fail(const char* problem, const std::string& where)
{
    throw SystemError(problem, where, errno);
}

fs::path folder_of(const fs::path& path)
{
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// The file that a chain of symbolic links ends at, whether or not it exists.
fs::path follow_links(const std::string& path)
{
    std::error_code failure;
    fs::path target = path;
    for (int links = 0; fs::is_symlink(target, failure); ++links) {
        if (links == kMaxLinks)
            throw Error({ "cannot write: too many symbolic links", path, "", "a file name" });
        target = folder_of(target) / fs::read_symlink(target);
    }
    return target;
}

/// Throws as `check_writable`; the file that would be written.
fs::path checked_target(const std::string& path)
{
    const fs::path target = follow_links(path), folder = folder_of(target);
    if (!fs::is_directory(folder))
        throw SystemError({ "cannot write: folder does not exist", path, folder.string(), "an existing folder" },
                          ENOENT);
    if (fs::is_directory(target))
        throw SystemError({ "cannot write: is a folder", path, "", "a file name" }, EISDIR);
    if (fs::exists(target) && !fs::is_regular_file(target))
        throw SystemError({ "cannot write: is a device or pipe", path, "", "a file name" }, 0);
    if (access(folder.c_str(), W_OK) != 0)
        fail("cannot write into the folder", path);
    return target;
}

class Descriptor
{
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

/// Permissions of the file at `path`, if there is one.
std::optional<mode_t> permissions_of(const std::string& path)
{
    struct stat found {
    };
    if (::stat(path.c_str(), &found) != 0)
        return std::nullopt;
    return found.st_mode & kPermissions;
}

/// Other temporary files for `target` that nobody has written to for long.
void remove_stale(const fs::path& target)
{
    static const std::regex own("[0-9]+-[0-9]+");
    const std::string before = "." + target.stem().string() + ".", after = ".part" + target.extension().string();
    std::error_code failure, ignored;
    for (fs::directory_iterator entry(folder_of(target), failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const std::string name = entry->path().filename().string();
        const std::size_t ends = before.size() + after.size();
        if (name.size() <= ends || name.compare(0, before.size(), before) != 0 ||
            name.compare(name.size() - after.size(), after.size(), after) != 0 ||
            !std::regex_match(name.substr(before.size(), name.size() - ends), own))
            continue;
        const auto written = fs::last_write_time(entry->path(), ignored);
        if (!ignored && fs::symlink_status(entry->path(), ignored).type() == fs::file_type::regular &&
            fs::file_time_type::clock::now() - written > kStale)
            fs::remove(entry->path(), ignored);
    }
}

/// Creates an empty file beside `target` whose name no other file, process or thread has, in this folder or
/// container.
std::string create_beside(const fs::path& target, const std::string& path)
{
    static std::atomic<unsigned> counter{ 0 };
    const mode_t mode = permissions_of(target).value_or(0666) | S_IRUSR | S_IWUSR; // less the umask
    while (true) {
        // The extension stays last, for writers that choose the format by it.
        const std::string name = "." + target.stem().string() + "." + std::to_string(getpid()) + "-" +
                                 std::to_string(counter++) + ".part" + target.extension().string();
        const std::string temporary = (folder_of(target) / name).string();
        if (const Descriptor file(::open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)); file)
            return temporary;
        if (errno != EEXIST)
            fail("cannot create a temporary file in the folder", path);
    }
}

int sync(int descriptor)
{
    int result = 0;
    do
        result = ::fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result;
}

void sync_file(const std::string& temporary, const std::string& path, std::optional<mode_t> mode)
{
    const Descriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || (mode && ::fchmod(file.number(), *mode) != 0) || sync(file.number()) != 0)
        fail("cannot bring the finished file to the disk", path);
}

/// Some file systems cannot do this with a folder, and say EINVAL.
void sync_folder(const fs::path& folder, const std::string& path)
{
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || (sync(opened.number()) != 0 && errno != EINVAL))
        fail("cannot bring the folder's new entry to the disk", path);
}

/// What tells whether two names are one regular file, also one that is yet to come; nothing for all else.
struct Place {
    dev_t device = 0; ///< 0 and 0: no such file yet
    ino_t inode = 0;
    fs::path path;

    bool operator==(const Place& other) const
    {
        return device == other.device && inode == other.inode && (inode != 0 || path == other.path);
    }
};

std::optional<Place> place_of(const std::string& path)
{
    struct stat found {
    };
    if (::stat(path.c_str(), &found) == 0)
        return S_ISREG(found.st_mode) ? std::optional(Place{ found.st_dev, found.st_ino, {} }) : std::nullopt;
    std::error_code failure;
    const fs::path target = follow_links(path);
    return Place{ 0, 0, fs::weakly_canonical(folder_of(target), failure) / target.filename() };
}

} // namespace

void check_outputs(const std::vector<NamedFile>& outputs, const std::vector<NamedFile>& inputs)
{
    std::vector<std::pair<const NamedFile*, Place>> others;
    for (const NamedFile& input : inputs)
        if (const auto place = place_of(input.path))
            others.emplace_back(&input, *place);
    for (const NamedFile& output : outputs) {
        const auto place = place_of(output.path);
        if (!place)
            continue;
        for (const auto& [other, taken] : others)
            if (taken == *place)
                throw InvalidArgument({ output.role + " would overwrite " + other->role, output.path,
                                        other->path == output.path ? "" : "the same file as " + other->path,
                                        "a file of its own" });
        others.emplace_back(&output, *place);
    }
}

FolderLock::FolderLock(const std::string& folder, const char* taken)
    : descriptor_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
{
    if (descriptor_ < 0)
        throw SystemError("cannot open the folder", folder, errno);
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0)
        return;
    const int why = errno;
    ::close(descriptor_);
    if (why == EWOULDBLOCK)
        throw Error({ taken, folder, "", "a folder for each of them" });
    throw SystemError("cannot lock the folder", folder, why);
}

FolderLock::~FolderLock()
{
    ::close(descriptor_);
}

void check_writable(const std::string& path)
{
    checked_target(path);
}

AtomicFile::AtomicFile(const std::string& path)
    : path_(path), target_(checked_target(path).string()), temporary_(create_beside(target_, path))
{
    remove_stale(target_);
}

AtomicFile::~AtomicFile()
{
    std::error_code ignored;
    if (!temporary_.empty())
        fs::remove(temporary_, ignored);
}

void AtomicFile::commit()
{
    sync_file(temporary_, path_, permissions_of(target_));
    if (std::rename(temporary_.c_str(), target_.c_str()) != 0)
        fail("cannot rename the finished file", path_);
    temporary_.clear();
    sync_folder(folder_of(target_), path_);
}

void write_atomically(const std::string& path, const std::function<void(const std::string&)>& write)
{
    AtomicFile file(path);
    write(file.temporary());
    file.commit();
}

void write_text_atomically(const std::string& path, const std::string& content)
{
    write_atomically(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file.write(content.data(), static_cast<std::streamsize>(content.size()));
        file.close();
        if (!file)
            throw SystemError("cannot write", path, errno);
    });
}

std::string read_file(const std::string& path, std::size_t limit_bytes)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat found {
    };
    if (!file || ::fstat(file.number(), &found) != 0)
        throw SystemError("cannot open", path, errno, "a readable file");
    if (S_ISDIR(found.st_mode))
        throw SystemError({ "cannot read", path, "a folder", "a file" }, EISDIR);
    const auto too_large = [&](const std::string& size) {
        return Error({ "file is too large", path, size + " bytes", "at most " + std::to_string(limit_bytes) });
    };
    if (S_ISREG(found.st_mode) && static_cast<std::uintmax_t>(found.st_size) > limit_bytes)
        throw too_large(std::to_string(found.st_size));
    std::string content;
    std::vector<char> buffer(
        std::clamp<std::size_t>(static_cast<std::size_t>(found.st_size) + 1, 1 << 16, 1 << 24));
    while (true) {
        const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
        if (count < 0 && errno != EINTR)
            throw SystemError("cannot read", path, errno);
        if (count == 0)
            return content;
        content.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        if (content.size() > limit_bytes)
            throw too_large("more than " + std::to_string(limit_bytes));
    }
}

} // namespace prunedamr
