# SPDX-License-Identifier: GPL-3.0-or-later
# Small networks trained to their end on the RadioML 2016.10a recipe, for the queue: 2,000 frames per cell to train on,
# 200 to choose the epoch, 200 of another seed to report.
frames train.h5 2201 2200 0.0909091
frames report.h5 9001 200

ulcnn() {
    network "ulcnn-s$1" train.h5 report.h5 --arch ulcnn --seed "$1" --epochs 120 --batch 128 --schedule cosine \
        --lr 0.002 --warmup-epochs 1 --weight-decay 0.0001 --ema 0.9995
}

ulcnn 1
network amr_lk-s1 train.h5 report.h5 --arch amr_lk --seed 1 --epochs 60 --batch 256 --schedule cosine --lr 0.002 \
    --warmup-epochs 1 --weight-decay 0.02 --ema 0.9995
ulcnn 2
ulcnn 3
