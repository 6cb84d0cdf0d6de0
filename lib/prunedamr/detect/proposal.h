// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

namespace prunedamr::detect {

/// What the judge is told about a proposal. Ratios are in dB, lengths in tiles or bins of its own field, as
/// logarithms to base 2.
enum Feature {
    kBins,
    kTiles,
    kDensity,
    kPeak,
    kLowestBins,
    kEvenness,
    kBelow,
    kAbove,
    kBelowFloor,
    kAboveFloor, // its spectrum
    kBalance,
    kOwnHalves,
    kCoarseHalves,
    kCoarserHalves,
    kSteadiness,
    kLowestTile,
    kOnFraction,
    kLongestGap,
    kGapShare,
    kBefore,
    kAfter,
    kCutStart,
    kCutEnd, // its envelope
    kLevel,
    kHull,
    kTimeBandwidth,
    kWidth,
    kMaskRatio,
    kMaskDistance,
    kMaskDistanceOwn,
    kMaskDensity,
    kMaskTime, // the neighbor that may have made it
    kPartner,  // something like it on the neighbor's other side
    kMirrorRatio,
    kCenterDistance, // the receiver's image and DC
    kOuterArea,
    kOuterDensity,
    kOuterTime, // a larger proposal around it
    kInnerCount,
    kInnerLargest,
    kInnerArea,
    kInnerTime, // smaller ones in it
    kTwinCount,
    kTwinBest, // the same at other resolutions
    kFineBefore,
    kFineAfter,
    kFineLowest,  // its envelope in the field that is finer in time
    kOwnFeatures, // so many are known before anything is judged
    kScore = kOwnFeatures,
    kBestTwin, // what the first judgment said: of it, of the same at other resolutions
    kBestOuter,
    kBestOuterArea,
    kOuterParts, // of what holds it, and of that one's parts
    kBestCrossing,
    kBestInner, // of what it shares a part with, of what it holds
    kParts,
    kPartsScore,
    kPartsPower,
    kPartsBand,
    kPartsTime,
    kPartsSpread,
    kPartsLengths, // the parts that it would fall into
    kFeatures
};

/// The features' names, in their order.
inline constexpr const char* kFeatureNames[kFeatures] = {
    "Bins",         "Tiles",         "Density",       "Peak",         "LowestBins",     "Evenness",
    "Below",        "Above",         "BelowFloor",    "AboveFloor",   "Balance",        "OwnHalves",
    "CoarseHalves", "CoarserHalves", "Steadiness",    "LowestTile",   "OnFraction",     "LongestGap",
    "GapShare",     "Before",        "After",         "CutStart",     "CutEnd",         "Level",
    "Hull",         "TimeBandwidth", "Width",         "MaskRatio",    "MaskDistance",   "MaskDistanceOwn",
    "MaskDensity",  "MaskTime",      "Partner",       "MirrorRatio",  "CenterDistance", "OuterArea",
    "OuterDensity", "OuterTime",     "InnerCount",    "InnerLargest", "InnerArea",      "InnerTime",
    "TwinCount",    "TwinBest",      "FineBefore",    "FineAfter",    "FineLowest",     "Score",
    "BestTwin",     "BestOuter",     "BestOuterArea", "OuterParts",   "BestCrossing",   "BestInner",
    "Parts",        "PartsScore",    "PartsPower",    "PartsBand",    "PartsTime",      "PartsSpread",
    "PartsLengths",
};

/// A box that may hold an emission.
struct Proposal {
    double start = 0.0, end = 0.0; ///< samples of the epoch
    double low = 0.0, high = 0.0;  ///< cycles per sample
    int level = 0;                 ///< of its field, 0 the coarsest in frequency
    float density = 0.0f;          ///< mean over its box, in units of the floor, above it
    float score = 0.0f;            ///< of the judge
    std::array<float, kFeatures> features{};

    static constexpr float kAcross = 4.0f; ///< the feature kHull of what crosses a line
    bool is_across() const noexcept { return features[kHull] == kAcross; }
    /// What crosses a line is weighed against all others, and they are described as if it were not there: among them it
    /// would be a rival of its own parts.
    bool sees(const Proposal& other) const noexcept { return is_across() || !other.is_across(); }

    double bandwidth() const noexcept { return high - low; }
    double duration() const noexcept { return end - start; }
    double area() const noexcept { return bandwidth() * duration(); }
    double power() const noexcept { return density * bandwidth(); }
};

} // namespace prunedamr::detect
