// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/reader.h"
#include "tests/receiver/hand_source.h"
#include "tests/support/expect_error.h"

#include <atomic>
#include <future>
#include <thread>

using namespace prunedamr;
using namespace prunedamr::receiver;
using prunedamr::stream::TimeSource;
using prunedamr::test::HandSource;

namespace {

constexpr double kRate = 1e6;
constexpr std::int64_t kNow = 1'800'000'000'000'000'000;

std::int64_t now()
{
    return kNow;
}

Reading timed(std::size_t count, std::int64_t time_ns, TimeSource source = TimeSource::hw)
{
    Reading reading;
    reading.count = count;
    reading.time = SourceTime{ time_ns, source };
    return reading;
}

Reading after_overflow(std::size_t count)
{
    Reading reading;
    reading.count = count;
    reading.overflows = 1;
    return reading;
}

/// Takes the next block and gives it back.
struct Taken {
    explicit Taken(BlockRing& ring) : ring_(ring), block(ring.take()) {}
    ~Taken() { ring_.release(block); }
    float first() const { return block.samples[0].real(); }
    BlockRing& ring_;
    Block& block;
};

} // namespace

TEST(Reader, PassesSamplesOnAtOnceWhenNothingElseWaits)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    Reader reader(source, ring, now);
    reader.start();
    for (float first = 0; first < 300; first += 100) {
        source.give(100);
        const Taken taken(ring); // long before a block is full
        EXPECT_EQ(taken.block.count, 100u);
        EXPECT_EQ(taken.first(), first);
    }
}

TEST(Reader, ReadsASourceThatCanWaitNoFasterThanBlocksComeBack)
{
    HandSource source(kRate, false);
    BlockRing ring(2, 10);
    source.give(1005);
    source.end();
    Reader reader(source, ring, now);
    reader.start();
    std::size_t next = 0;
    for (bool last = false; !last;) {
        const Taken taken(ring);
        for (std::size_t i = 0; i < taken.block.count; ++i)
            EXPECT_EQ(taken.block.samples[i].real(), static_cast<float>(next++));
        EXPECT_EQ(taken.block.overflows, 0u);
        last = taken.block.is_last;
    }
    EXPECT_EQ(next, 1005u);
    EXPECT_EQ(reader.counts().dropped_samples, 0u);
}

TEST(Reader, DropsWholeBlocksOfALiveSourceAndCountsThem)
{
    HandSource source(kRate, true);
    BlockRing ring(3, 10);
    source.give(timed(10, kNow));
    source.give(75); // one block more fits, six find no room, and half a one waits
    Reader reader(source, ring, now);
    reader.start();
    source.wait_until_read();
    EXPECT_EQ(Taken(ring).first(), 0.0f);
    EXPECT_EQ(Taken(ring).first(), 10.0f);
    source.give(1);
    const Taken after(ring);
    EXPECT_EQ(after.first(), 80.0f);
    EXPECT_EQ(after.block.overflows, 1u); // one gap
    ASSERT_TRUE(after.block.time);
    EXPECT_EQ(after.block.time->time_ns, kNow + 80'000);
    EXPECT_EQ(after.block.time->source, TimeSource::hw);
    EXPECT_EQ(reader.counts().dropped_samples, 60u);
    EXPECT_EQ(reader.counts().overflows, 1u);
}

TEST(Reader, GivesTheFirstSampleSystemTimeWhereTheSourceTellsNone)
{
    for (const bool live : { false, true }) {
        HandSource source(kRate, live);
        BlockRing ring(4, 100);
        source.give(50);
        Reader reader(source, ring, now);
        reader.start();
        const Taken taken(ring);
        ASSERT_TRUE(taken.block.time);
        EXPECT_EQ(taken.block.time->time_ns, live ? kNow - 50'000 : kNow); // live: the last one has just come
        EXPECT_EQ(taken.block.time->source, TimeSource::system);
    }
}

TEST(Reader, CountsAReportedLossOnceAndTakesTheTimeAfterItFromTheDevice)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    source.give(timed(100, kNow));
    source.give(after_overflow(0));
    source.give(timed(100, kNow + 5'000'000));
    Reader reader(source, ring, now);
    reader.start();
    EXPECT_EQ(Taken(ring).block.count, 100u);
    Taken after(ring);
    EXPECT_EQ(after.block.overflows, 1u);
    ASSERT_TRUE(after.block.time);
    EXPECT_EQ(after.block.time->time_ns, kNow + 5'000'000);
    EXPECT_EQ(reader.counts().overflows, 1u);
}

TEST(Reader, FindsALossThatOnlyTheDevicesTimeTells)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    source.give(timed(100, kNow));
    source.give(timed(100, kNow + 100'000)); // goes on
    source.give(timed(100, kNow + 200'000 + 3'000));
    Reader reader(source, ring, now);
    reader.start();
    std::size_t before = 0;
    for (;;) {
        const Taken taken(ring);
        if (taken.block.overflows == 0) {
            before += taken.block.count;
            continue;
        }
        EXPECT_EQ(before, 200u);
        EXPECT_EQ(taken.first(), 200.0f);
        EXPECT_EQ(taken.block.time->time_ns, kNow + 203'000);
        EXPECT_FALSE(taken.block.after_gap);
        break;
    }
    EXPECT_EQ(reader.counts().overflows, 1u);
}

TEST(Reader, AnchorsTheTimeAnewAfterALossWithoutDeviceTime)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    std::atomic<std::int64_t> clock{ kNow };
    Reader reader(source, ring, [&] { return clock.load(); });
    reader.start();
    source.give(100);
    EXPECT_EQ(Taken(ring).block.time->time_ns, kNow - 100'000);
    clock = kNow + 7'000'000;
    source.give(after_overflow(100));
    const Taken after(ring);
    ASSERT_TRUE(after.block.time);
    EXPECT_EQ(after.block.time->time_ns, kNow + 7'000'000 - 100'000);
    EXPECT_EQ(after.block.overflows, 1u);
}

TEST(Reader, FindsAGapByTheTimeAtWhichSamplesCome)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    std::atomic<std::int64_t> clock{ kNow };
    Reader reader(source, ring, [&] { return clock.load(); });
    reader.start();
    source.give(100);
    EXPECT_EQ(Taken(ring).block.time->time_ns, kNow - 100'000);
    clock = kNow + 100'000;
    source.give(100);
    {
        const Taken next(ring);
        EXPECT_EQ(next.block.overflows, 0u);
        EXPECT_FALSE(next.block.time); // it is counted on
    }
    clock = kNow + 6'000'000'000;
    source.give(100);
    const Taken after(ring);
    EXPECT_EQ(after.block.overflows, 1u);
    ASSERT_TRUE(after.block.time);
    EXPECT_EQ(after.block.time->time_ns, kNow + 6'000'000'000 - 100'000);
    EXPECT_EQ(reader.counts().overflows, 1u);
}

TEST(Reader, AGapInARecordingIsNoOverflow)
{
    HandSource source(kRate, false);
    BlockRing ring(4, 1000);
    source.give(timed(100, 0, TimeSource::file));
    source.give(timed(100, 500'000'000, TimeSource::file));
    source.end();
    Reader reader(source, ring, now);
    reader.start();
    EXPECT_EQ(Taken(ring).block.count, 100u);
    const Taken after(ring);
    EXPECT_TRUE(after.block.after_gap);
    EXPECT_EQ(after.block.overflows, 0u);
    EXPECT_EQ(after.block.time->time_ns, 500'000'000);
    EXPECT_EQ(reader.counts().overflows, 0u);
}

TEST(Reader, TunesBetweenTwoBlocks)
{
    HandSource source(kRate, true);
    BlockRing ring(8, 1000);
    Reader reader(source, ring, now);
    reader.start();
    source.give(100);
    EXPECT_EQ(Taken(ring).first(), 0.0f);
    reader.tune(100e6);
    source.give(100);
    const Taken after(ring);
    EXPECT_EQ(after.first(), 100.0f);
    EXPECT_EQ(after.block.center_freq_hz, 100e6);
    EXPECT_THROW(reader.tune(-1.0), Error);
    source.give(100);
    EXPECT_FALSE(Taken(ring).block.center_freq_hz);
    source.end();
    EXPECT_TRUE(Taken(ring).block.is_last);
    EXPECT_THROW(reader.tune(200e6), Error);
}

namespace {

/// Is at work, when it is tuned, until it is let go.
class SlowSource : public HandSource
{
public:
    SlowSource() : HandSource(kRate, true) {}

    void tune(double center_freq_hz) override
    {
        entered.set_value();
        let_go.get_future().wait();
        HandSource::tune(center_freq_hz);
    }

    std::promise<void> entered, let_go;
};

} // namespace

TEST(Reader, WhoAsksWhileTheSourceIsAtWorkIsToldSoAtOnce)
{
    SlowSource source;
    BlockRing ring(4, 1000);
    Reader reader(source, ring, now);
    reader.start();
    auto first = reader.change({ 100e6, {} });
    source.entered.get_future().wait();
    auto second = std::async(std::launch::async, [&] { reader.change({ 200e6, {} }); });
    const bool is_told = second.wait_for(std::chrono::seconds(5)) == std::future_status::ready;
    source.let_go.set_value();
    EXPECT_TRUE(is_told);
    if (is_told)
        EXPECT_ERROR(second.get(), "another change is under way");
    EXPECT_NO_THROW(first.get());
    source.end();
    EXPECT_TRUE(Taken(ring).block.is_last);
}

TEST(Reader, ASourceThatFailsEndsTheStreamAfterItsSamples)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    source.give(100);
    source.fail();
    Reader reader(source, ring, now);
    reader.start();
    std::size_t count = 0;
    for (bool last = false; !last;) {
        const Taken taken(ring);
        count += taken.block.count;
        last = taken.block.is_last;
    }
    EXPECT_EQ(count, 100u);
    EXPECT_EQ(reader.fault(), "hand: broken");
}

TEST(Reader, CountsSecondsOfSilence)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    source.be_silent();
    std::atomic<std::int64_t> time_ms{ 0 };
    Reader reader(source, ring, now, {}, [&] { return time_ms += 50; });
    reader.start();
    while (reader.counts().silent_s < 2)
        std::this_thread::yield();
    source.end();
    EXPECT_TRUE(Taken(ring).block.is_last);
}

TEST(Reader, SilenceIsWhatTheClockSays)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    std::atomic<std::int64_t> time_ms{ 0 };
    Reader reader(source, ring, now, {}, [&] { return time_ms.load(); });
    reader.start();
    source.wait_until_read();
    time_ms = 3900; // one read, and one nominal wait
    source.give(10);
    EXPECT_EQ(Taken(ring).block.count, 10u);
    source.wait_until_read();
    EXPECT_EQ(reader.counts().silent_s, 3u);
    time_ms = 4800; // less than a second after samples
    source.end();
    EXPECT_TRUE(Taken(ring).block.is_last);
    EXPECT_EQ(reader.counts().silent_s, 3u);
}

TEST(Reader, TellsHowLongItsSourceHasNotComeBack)
{
    HandSource source(kRate, true);
    BlockRing ring(4, 1000);
    std::atomic<std::int64_t> time_ms{ 1000 };
    Reader reader(source, ring, now, {}, [&] { return time_ms.load(); });
    EXPECT_EQ(reader.counts().stuck_s, 0.0);
    source.hold();
    reader.start();
    source.wait_until_held();
    time_ms = 3500;
    EXPECT_EQ(reader.counts().stuck_s, 2.5);
    source.let_go();
    source.give(10);
    EXPECT_EQ(Taken(ring).block.count, 10u);
    source.end();
    EXPECT_TRUE(Taken(ring).block.is_last);
    reader.join();
    EXPECT_EQ(reader.counts().stuck_s, 0.0);
}
