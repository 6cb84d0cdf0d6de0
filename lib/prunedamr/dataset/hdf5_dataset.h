// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/dataset/hdf5_array.h"

namespace prunedamr::dataset {

template <typename T> hid_t native_type();
template <> inline hid_t native_type<float>()
{
    return H5T_NATIVE_FLOAT;
}
template <> inline hid_t native_type<std::int32_t>()
{
    return H5T_NATIVE_INT32;
}
template <> inline hid_t native_type<std::int64_t>()
{
    return H5T_NATIVE_INT64;
}
template <> inline hid_t native_type<Part>()
{
    return H5T_NATIVE_UINT8;
}

/// IEEE binary16, little endian, as h5py writes numpy's float16. Frames of this type are moved as bits: HDF5 1.10
/// converts it in software.
inline Handle half_type()
{
    Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

} // namespace prunedamr::dataset
