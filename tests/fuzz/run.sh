#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs each fuzz target of a build for some seconds, one after the other; prints how many inputs each has run, now and in all.
# usage: tests/fuzz/run.sh SECONDS SCRATCH [TARGET ...]   (PRUNEDAMR_FUZZ_BUILD: build folder, default build-fuzz)
# SCRATCH/TARGET keeps what was found interesting, for the next run; SCRATCH/crashes what went wrong, exit code 1 then.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${PRUNEDAMR_FUZZ_BUILD:-$here/../../build-fuzz}/tests/fuzz
seconds=$1 scratch=$2
shift 2
[ $# -gt 0 ] || set -- $(cd "$build" && ls -d fuzz_* | sed s/^fuzz_//)
mkdir -p "$scratch/crashes" "$scratch/logs"

# Large enough for the seeds, small enough to be quick.
max_bytes() {
  case $1 in
    *hdf5) echo 26000 ;;
    sigmf_archive | rml2016_pickle | mat_frames | model_file | dataset_safetensors) echo 3000 ;;
    *) echo 1200 ;;
  esac
}

failed=0
for target; do
  log=$scratch/logs/$target
  mkdir -p "$scratch/$target"
  seeds=("$here/corpus/$target")
  [ "$target" != recording ] || seeds+=("$here"/corpus/{wav,sdriq,blue,npy,xml_headed,gnuradio_meta,vita49,sigmf_archive,compressed})
  "$build/fuzz_$target" -max_len="$(max_bytes "$target")" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1500 \
    -malloc_limit_mb=1000 -print_funcs=0 -print_final_stats=1 -artifact_prefix="$scratch/crashes/$target-" \
    "$scratch/$target" "${seeds[@]}" > "$log" 2>&1
  code=$?
  [ $code = 0 ] || { failed=1; cp "$log" "$scratch/crashes/$target.log"; }
  awk '/number_of_executed_units/ { print $2 }' "$log" >> "$scratch/logs/$target.inputs"
  awk -v target="$target" -v code=$code -v seconds="$seconds" '{ all += $1; last = $1 } END {
    printf "%-20s %5d s %10d inputs, %11d in all%s\n", target, seconds, last, all, code == 0 ? "" : ", FAILED" }' \
    "$scratch/logs/$target.inputs"
done
exit $failed
