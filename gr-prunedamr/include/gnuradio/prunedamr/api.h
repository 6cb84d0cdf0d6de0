// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/attributes.h>

#ifdef gnuradio_prunedamr_EXPORTS
#define GR_PRUNEDAMR_API __GR_ATTR_EXPORT
#else
#define GR_PRUNEDAMR_API __GR_ATTR_IMPORT
#endif
