// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/output.h"

#include "prunedamr/base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

using namespace prunedamr;
using namespace prunedamr::receiver;

TEST(Output, IsReadAsItIsWritten)
{
    const Output output = parse_output("mqtt://me:secret@host/a;;b;qos=1;retain;if=label=OOK and seq>3");
    EXPECT_EQ(output.kind, OutputKind::mqtt);
    EXPECT_EQ(output.target, "//me:secret@host/a;b");
    EXPECT_EQ(output.options, (std::map<std::string, std::string>{
                                  { "qos", "1" }, { "retain", "" }, { "if", "label=OOK and seq>3" } }));
    EXPECT_EQ(output.name(), "mqtt://host/a;b");
    EXPECT_EQ(parse_output("json:-").name(), "-");
    EXPECT_EQ(parse_output("syslog:").target, "");
    EXPECT_TRUE(parse_output("influx:points.lp").is_file());
    EXPECT_FALSE(parse_output("influx:http://h;db=d").is_file());
    EXPECT_EQ(parse_output("mqtts://h;ca=a;cert=b;key=c").input_files(),
              (std::vector<std::string>{ "a", "b", "c" }));
}

TEST(Output, EachOptionBelongsToKindsOfTheTable)
{
    for (const OutputOption& option : output_options()) {
        std::istringstream words(option.of);
        for (std::string word; words >> word;)
            EXPECT_TRUE(std::any_of(output_forms().begin(), output_forms().end(),
                                    [&](const OutputForm& form) { return word == form.prefix; }))
                << option.name << " " << word;
    }
    for (const OutputForm& form : output_forms()) {
        const std::string text = form.form;
        EXPECT_EQ(parse_output(text.substr(0, text.find(' '))).kind, form.kind) << text;
    }
}

TEST(Output, SaysWhatItExpects)
{
    for (const char* bad :
         { "", "json", "json:", ":", "html:x", "json:x;", "json:x;qos=1", "mqtt://h;qos",
           "mqtt://h;qos=", "mqtt://h;retain=1", "csv:x;if=", "csv:x;if=nonsense", "csv:x;if=signal;if=noise" })
        EXPECT_THROW(parse_output(bad), InvalidArgument) << bad;
    try {
        parse_output("udp:h:1;db=x");
        FAIL();
    } catch (const InvalidArgument& error) {
        EXPECT_STREQ(error.what(), "unknown option of udp: found db, expected one of if");
    }
}
