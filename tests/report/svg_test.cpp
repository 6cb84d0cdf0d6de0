// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/svg.h"
#include "tests/report/well_formed.h"

#include <cmath>

namespace prunedamr::report {
namespace {

TEST(Svg, TextIsEscapedAndWhatXmlForbidsIsReplaced)
{
    EXPECT_EQ(escape("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
    EXPECT_EQ(escape("\u03c0/4\u2212DQPSK \U0001F4E1"), "\u03c0/4\u2212DQPSK \U0001F4E1");
    EXPECT_EQ(escape(std::string("\0\x1f\x01", 3)), "???");
    EXPECT_EQ(escape("\xff\xc3"), "??");           // no such byte; a character cut short
    EXPECT_EQ(escape("\xc0\xafx"), "??x");         // overlong "/"
    EXPECT_EQ(escape("\xed\xa0\x80"), "???");      // a surrogate
    EXPECT_EQ(escape("\xf4\x90\x80\x80"), "????"); // beyond the last code point
    EXPECT_EQ(escape(""), "");
}

TEST(Svg, CoordinatesHaveATenthOfAPixelAndNoMore)
{
    EXPECT_EQ(coordinate(0.0), "0");
    EXPECT_EQ(coordinate(-0.04), "0");
    EXPECT_EQ(coordinate(-0.26), "-0.3");
    EXPECT_EQ(coordinate(12.0), "12");
    EXPECT_EQ(coordinate(99.96), "100");
    EXPECT_DEATH(coordinate(std::nan("")), "finite");
}

TEST(Svg, IsWellFormedWhateverTheTextSays)
{
    Svg inner(10, 10), svg(100, 50);
    inner.text({ 1, 2 }, "</text><script>", mark::note);
    inner.path({ { 0, 0 }, { 1, 1 } }, mark::series);
    inner.path({}, mark::series);
    inner.points({ { 0.5, 0.25 } }, mark::dots);
    inner.png({ 0, 0, 5, 5 }, "\x89PNG");
    inner.line({ 0, 0 }, { 1, 1 }, mark::grid);
    inner.rect({ 0, 0, 1, 1 }, mark::frame);
    svg.place(inner, { 5, 5 });
    const std::string text = svg.document("a \"name\" <b>");
    EXPECT_TRUE(well_formed(text));
    EXPECT_TRUE(well_formed(svg.element("x")));
    EXPECT_EQ(count_of(text, "<script"), 0);
    EXPECT_EQ(count_of(text, "translate(5 5)"), 1);
    EXPECT_EQ(count_of(text, "viewBox=\"0 0 100 50\""), 1);
}

/// RFC 4648, section 10.
TEST(Svg, PicturesAreInBase64)
{
    const std::pair<const char*, const char*> vectors[] = {
        { "", "base64,\"" },
        { "f", "base64,Zg==\"" },
        { "fo", "base64,Zm8=\"" },
        { "foo", "base64,Zm9v\"" },
        { "foob", "base64,Zm9vYg==\"" },
        { "fooba", "base64,Zm9vYmE=\"" },
        { "foobar", "base64,Zm9vYmFy\"" },
    };
    for (const auto& [bytes, text] : vectors) {
        Svg svg(1, 1);
        svg.png({}, bytes);
        EXPECT_EQ(count_of(svg.element(""), text), 1) << bytes;
    }
}

} // namespace
} // namespace prunedamr::report
