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
                                    [&](const OutputForm& form) { return word == form.prefix || word == "hub"; }))
                << option.name << " " << word;
    }
    for (const OutputForm& form : output_forms()) {
        const std::string text = form.form;
        EXPECT_EQ(parse_output(text.substr(0, text.find(' '))).kind, form.kind) << text;
    }
}

TEST(Output, HubsAreABrokerOrEndpointsOfZeroMq)
{
    const auto link = [](const std::vector<std::string>& texts) { return hub_link(parse_hubs(texts), {}); };
    const auto mqtt = std::get<hub::MqttLink>(link({ "mqtts://user@h:99/a/b;protocol=5" }).transport);
    EXPECT_EQ(mqtt.prefix, "a/b");
    EXPECT_EQ(mqtt.broker.host, "h");
    EXPECT_EQ(mqtt.broker.port, 99);
    EXPECT_EQ(mqtt.broker.user, "user");
    EXPECT_TRUE(mqtt.broker.use_tls);
    EXPECT_EQ(mqtt.broker.protocol, 5);
    EXPECT_EQ(std::get<hub::MqttLink>(link({ "mqtt://h" }).transport).prefix, "prunedamr");
    const auto zmq = std::get<hub::ZmqLink>(link({ "zmq:tcp://a:1", "zmq:tcp://b:2,tcp://c:3" }).transport);
    EXPECT_EQ(zmq.endpoints, (std::vector<std::string>{ "tcp://a:1", "tcp://b:2", "tcp://c:3" }));
    for (const std::vector<std::string>& bad :
         { std::vector<std::string>{ "json:x" }, { "mqtt://h", "mqtt://g" }, { "mqtt://h", "zmq:tcp://a:1" }, { "mqtt://h;qos=1" }, { "mqtt://h;if=signal" },
           { "mqtt://h;server-key=f" }, { "zmq:tcp://a:1;user=u" }, { "udp:h:1" } })
        EXPECT_THROW(parse_hubs(bad), InvalidArgument) << bad.front();
    EXPECT_THROW(parse_output("mqtt://h;server-key=f"), InvalidArgument); // of hubs alone
    EXPECT_THROW(link({ "mqtt:h" }), InvalidArgument);
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
