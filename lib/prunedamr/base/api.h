// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Marks what the shared libraries export. All else is hidden.
#define PRUNEDAMR_API __attribute__((visibility("default")))
