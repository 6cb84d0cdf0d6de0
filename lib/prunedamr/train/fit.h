// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/metrics/scores.h"
#include "prunedamr/model/model.h"
#include "prunedamr/train/process_group.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::train {

/// Training frames made while training: shard number -> frames with the front end and class names of the data set,
/// the same ones each time. It is called from another thread.
using FrameGenerator = std::function<dataset::Dataset(std::uint64_t shard)>;

/// What is done at random to every training frame. Each keeps the class, or gives the frame its new one.
/// Time reversal is not among them: it is not exact for speech, for chirps or for OFDM's cyclic prefix.
struct AugmentConfig {
    bool rotate = true;     ///< phase rotation, uniform on [0, 2 pi): exact
    bool conjugate = false; ///< spectral mirror, every second frame: exact; the label becomes `mirror_of` it
    bool shift = false;     ///< cyclic, whole samples: every sample stays a true one, the seam is new
    bool resample = false;  ///< clock offset about the frame's middle: exact up to the interpolation
    bool noise = false;     ///< complex white noise; frames without SNR are left

    double shift_fraction = 1.0 / 16; ///< shift: largest, either way, as a fraction of the frame
    double resample_ppm = 5000;       ///< resample: largest clock offset, either way
    double noise_db = 6;              ///< noise: largest fall of the SNR, uniform from 0
};

/// A class must be recognized at least so often.
struct RecallConstraint {
    std::string class_name;
    double recall = 0.0;            ///< 0..1, fraction of its frames
    std::optional<double> snr_db{}; ///< counts cells (see `dataset::cell_snr_db`) at or above it; none: all frames
};

/// What is learned from a teacher beside the labels.
struct DistillConfig {
    double weight = 0.7;         ///< weight of the teacher's logits in the loss (Hinton et al. 2015)
    double temperature = 2.0;    ///< of teacher and student
    double feature_weight = 0.0; ///< of attention transfer between the stages (Zagoruyko & Komodakis 2017)
    /// The teacher reads every frame once, before the first epoch, as the data set has it; else the augmented frame
    /// in every step, which costs a forward pass of the teacher each time. Not with a generator or features.
    bool once = false;
};

/// Defaults are the training of arXiv 2406.07929: Adam 1e-3, batch 128, x0.8 every 10 epochs, 50 epochs.
/// Ranges and help texts of all numbers stand in `settings.cpp`.
struct FitConfig {
    int epochs = 50;
    int batch = 128; ///< frames of a step, in each process
    double learning_rate = 1e-3;
    std::string optimizer = "adamw"; ///< "adamw", or "sgd" with Nesterov momentum 0.9
    std::string schedule = "step";   ///< "step", "cosine", "constant": see `learning_rate`
    int step_epochs = 10;
    double step_factor = 0.8;
    int warmup_epochs = 0;      ///< the rate rises over these; fewer than `epochs`
    int patience = 0;           ///< stop after so many epochs without a better one; 0: never
    double clip_gradient = 0.0; ///< largest L2 norm of the whole gradient; 0: any
    double ema = 0.0;       ///< decay per step of the weights' running average, which is then the result; 0: none
    double l1_weight = 0.0; ///< times the L1 norm of all parameters (the paper: 1e-4 for ResNet and VGG)
    double weight_decay = 0.0; ///< adamw: decoupled from the gradient; sgd: added to it
    double label_smoothing = 0.0;
    AugmentConfig augment;
    FrameGenerator generator; ///< if set, takes the place of the data set's train part: no frame is seen twice
    int shards_per_epoch = 1; ///< of the generator
    int frames_per_class = 0; ///< labeled ones of the train part, see `choose_labeled`; 0: all
    std::shared_ptr<const graph::Network> teacher; ///< distill from it if set
    std::string teacher_name;                      ///< for reports
    DistillConfig distill;
    int unknown_class = -1; ///< that new classes, which the teacher does not know, were a part of until now; -1: none
    metrics::CostMatrix cost; ///< of confusions, learned beside the labels and choosing the epoch; empty: none
    std::vector<RecallConstraint> recall_constraints; ///< measured on the validation part
    std::uint64_t seed = 1;
    int threads = 0; ///< LibTorch threads, 0: as LibTorch has them (OMP_NUM_THREADS, else all cores)
    std::string device = "cpu";
    std::string checkpoint; ///< file written at the start, after every epoch and when interrupted; empty: none
    double checkpoint_minutes = 15.0; ///< and within an epoch, so long after the last; 0: after every step
    bool resume = false;         ///< go on from `checkpoint` if it exists
    ProcessGroup processes;      ///< that take a part of every step each, by default this one alone
    std::string title = "train"; ///< for the progress bar
};

struct Epoch {
    int number = 0;                   ///< from 1
    double train_loss = 0.0;          ///< mean over frames, without the L1 term
    double train_accuracy = 0.0;      ///< 0..1, running, in training mode, of labeled frames
    double validation_accuracy = 0.0; ///< 0..1
    double validation_cost = 0.0;     ///< mean cost of the decisions; 0 without cost matrix
    std::vector<double> recalls;      ///< 0..1, reached on the validation part, of each constraint
    double learning_rate = 0.0;       ///< at its start
    double seconds = 0.0;
};

struct FitResult {
    graph::Network
        network; ///< weights of the best epoch on validation data (the last one if there is no validation part)
    int best_epoch = 0;
    double best_validation_accuracy = 0.0;
    std::vector<Epoch> epochs;
    bool interrupted = false;   ///< stopped by SIGINT or SIGTERM; the checkpoint holds the last step
    bool stopped_early = false; ///< by `patience`
    double frames_per_s = 0.0;  ///< trained, without validation
    FitConfig config;           ///< what was asked for
};

/// Trains on the train part or on what the generator makes, chooses the epoch on the validation part, never looks
/// at the test part. The best epoch is the first that misses least of the recall constraints; among equals the one
/// of least cost if there is a cost matrix, else of highest accuracy. A resumed run gives the same weights as one
/// that was never stopped (same seed, same threads), whatever ended that one: a checkpoint is replaced as a whole.
/// While it runs, SIGINT and SIGTERM end it after the present step, with a checkpoint. Throws `Error` when data,
/// teacher and network do not fit (length, number of classes), a value of the config is out of range, a checkpoint
/// is damaged or belongs to another run, or the loss is no longer finite. That no epoch held the recall constraints
/// is no error here: see `check_recall_constraints`. Several processes do what one does with their joint batch, up
/// to the order in which floats are added (dropout apart, whose masks differ). All call it; network, teacher and
/// settings are those of process 0, which alone shows progress and writes the checkpoint. `LostProcess` names the
/// checkpoint to resume from.
PRUNEDAMR_API FitResult fit(const graph::Network& network, const dataset::Dataset& dataset,
                            const FitConfig& config);

/// The same from a model's weights; throws `Error` too when its front end or labels are not those of the data set.
/// `model::with_network` makes a model of the result.
PRUNEDAMR_API FitResult fit(const model::Model& model, const dataset::Dataset& dataset, const FitConfig& config);

/// In processes other than 0: takes part in every `fit` of process 0 on the same data until that calls
/// `shutdown_workers`, for work that trains more than once, or after a plan that one process makes. `config` as
/// there, but for the settings.
PRUNEDAMR_API void run_worker(const dataset::Dataset& dataset, const FitConfig& config);
PRUNEDAMR_API void shutdown_workers(const ProcessGroup& processes);

} // namespace prunedamr::train
