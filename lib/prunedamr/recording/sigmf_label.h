// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once


#include <cstdint>
#include <string>
#include <vector>

/// Labels of snippets: recordings of one emission each, whose first annotation is what a receiver said of it, and
/// then what a person says. Who has changed a label stands in `core:generator` and `prunedamr:author`, when in
/// `prunedamr:datetime`, what the receiver said in `prunedamr:receiver_label` and `prunedamr:receiver_generator`;
/// the receiver's event is `prunedamr:event`, and why it was kept `prunedamr:teaching`.
namespace prunedamr::recording {

struct SnippetLabel {
    std::string label;          ///< of its first annotation
    std::string author, time;   ///< who has set it, and when (RFC 3339); empty: nobody but the receiver
    std::string receiver_label; ///< what the receiver said
    std::string comment;        ///< what stands in the annotation for a person
    std::string event;          ///< its event, JSON; empty: it is not there
    std::string teaching;       ///< why it was kept, JSON; the same

    bool is_of_person() const { return !author.empty(); }
};

/// `meta`: file of metadata, or its stem. Throws `Error` for what is no SigMF metadata or has no annotation.
SnippetLabel read_label(const std::string& meta);

/// A person's label: the name of a class, of a new one too, or "unknown"; empty: the receiver's again. The file is
/// replaced atomically. Throws `Error` as `read_label` does, for a label of more than 24 bytes or with other than
/// printable characters, for an author who is nobody, and where there are no samples any more. `time_ns`: since
/// 1970-01-01 UTC.
void set_label(const std::string& meta, const std::string& label, const std::string& author,
                             std::int64_t time_ns);

/// What the receiver knows of an emission that has just been written, each a JSON object or empty.
void add_event(const std::string& meta, const std::string& event, const std::string& teaching);

/// Names of the snippets of a folder, the oldest first: of all recordings there that have metadata and samples.
/// Throws `Error` for what is no folder.
std::vector<std::string> snippets_in(const std::string& folder);

/// A name of the account that runs this, for `set_label`.
std::string account_name();

} // namespace prunedamr::recording
