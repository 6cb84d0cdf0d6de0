// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace prunedamr {

/// A regular file that is read by position. It is not mapped: others may cut or rewrite it meanwhile, which a
/// mapping answers with a signal and this with an `Error`. One thread at a time, or several: it holds no position.
class InputFile
{
public:
    /// `kind` names in the message what was expected ("a safetensors file"). Throws `Error`; never waits for a
    /// pipe.
    InputFile(const std::string& path, const std::string& kind);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    std::uint64_t size() const
    {
        return static_cast<std::uint64_t>(opened_.st_size);
    } ///< when it was opened [bytes]

    /// `bytes` from `offset` on. Throws `Error` when the file no longer holds them.
    void read(std::uint64_t offset, std::size_t bytes, void* out) const;

    /// All of it. Throws `Error` when it is larger than `limit_bytes`, or changes meanwhile.
    std::string read_all(std::uint64_t limit_bytes) const;

    /// Throws `Error` when somebody has written to the file since it was opened: what was read may be of two files.
    void check_unchanged() const;

private:
    std::string path_;
    int descriptor_;
    struct stat opened_;
};

/// A folder that one process has for itself as long as this lives; after a crash nobody has it.
class FolderLock
{
public:
    /// Throws `Error` for a folder that cannot be opened, and, with the problem `taken`, where another one has it.
    FolderLock(const std::string& folder, const char* taken);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int descriptor_;
};

/// Throws `Error` when `path` cannot become a file: its folder is missing or not writable, or it is a folder
/// itself. Ask before long work, so that its result has a place.
void check_writable(const std::string& path);

/// A file that a command names, and what it is to it: "--out", "the model".
struct NamedFile {
    std::string role;
    std::string path;
};

/// Throws `InvalidArgument` when an output would overwrite an input or another output: when both are the same file,
/// by whatever link or spelling, or the same place of which there is no file yet. Folders, pipes and devices may be
/// shared. Ask before anything is opened for writing.
void check_outputs(const std::vector<NamedFile>& outputs, const std::vector<NamedFile>& inputs);

/// A file that is written under a temporary name in the folder of `path`. `commit()` brings it to the disk and
/// renames it to `path`; without that it is deleted. After a crash or power cut `path` holds either the whole old
/// or the whole new content. A symbolic link at `path` is followed: the file that it points to is replaced, or
/// created. A replaced file passes its permissions on; a new one has those that the umask leaves. What a killed
/// process left of the same file is removed once nobody has written to it for a day.
class AtomicFile
{
public:
    explicit AtomicFile(const std::string& path); ///< creates the temporary file; throws as `check_writable` does
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// An empty file to write into; its name is unique and ends in the extension of `path`.
    const std::string& temporary() const { return temporary_; }

    /// Once, when the file is written and closed: fsync, rename, fsync of the folder. Throws `Error` when one of
    /// them fails; `path` is as it was unless only the last did.
    void commit();

private:
    std::string path_;
    std::string target_;
    std::string temporary_;
};

/// Writes a file so that either the whole new content or the old file is there, never half of one.
/// `write` receives a temporary name in the same folder; on return the file is renamed to `path`,
/// on an exception the temporary file is removed and the exception goes on.
/// Throws `Error` as `AtomicFile` does.
void write_atomically(const std::string& path, const std::function<void(const std::string& temporary)>& write);

/// The same for content that is already in memory.
void write_text_atomically(const std::string& path, const std::string& content);

/// The whole file (or what a pipe or device gives) as bytes. Throws `Error` when it cannot be opened or read, or is
/// larger than `limit_bytes`: of an endless one no more is read.
std::string read_file(const std::string& path, std::size_t limit_bytes = std::size_t{ 1 } << 30);

} // namespace prunedamr
