# SPDX-License-Identifier: GPL-3.0-or-later
# The networks of docs/results.md, for run.sh: bases, and what is made of them at equal budgets.

base resnet56 --arch resnet56 --epochs 32 --schedule cosine --weight-decay 0.05
base amr_s --arch amr_s --epochs 40 --schedule cosine --lr 0.002 --weight-decay 0.02
base dense --arch dense --epochs 40 --schedule cosine --weight-decay 0.05
base ulcnn --arch ulcnn --epochs 50 --schedule cosine --lr 0.004
base amr_xs --arch amr_xs --epochs 50 --schedule cosine --lr 0.004
base amr_ds_m --arch amr_ds_m --epochs 50 --schedule cosine --lr 0.004 --weight-decay 0.02

# Beside resnet56 a teacher that reads once is eight times faster; the others are small enough to be asked each time.
large="--distil --teacher-once --schedule cosine --lr 0.004 --weight-decay 0.02"
all=$seeds seeds=1
run resnet56-psr-long resnet56 macs=12.2% psr $large --epochs 48
run resnet56-psr-plain resnet56 macs=12.2% psr --schedule cosine --lr 0.004 --weight-decay 0.02 --epochs 48
seeds=$all
run resnet56-psr resnet56 macs=12.2% psr $large --epochs 16
run resnet56-random resnet56 macs=12.2% random $large --epochs 16
run resnet56-l1 resnet56 macs=12.2% l1 $large --epochs 16
run resnet56-consensus resnet56 macs=12.2% consensus $large --epochs 16 --epochs-per-step 0 --least-units 1

small="--distil --schedule cosine --lr 0.004 --weight-decay 0.02 --epochs 16"
run amr_s-psr amr_s macs=50% psr $small
run amr_s-random amr_s macs=50% random $small
run amr_s-l1 amr_s macs=50% l1 $small
run amr_s-bnp amr_s macs=50% bnp $small
run amr_s-lcp amr_s macs=50% lcp $small
run amr_s-consensus amr_s macs=50% consensus $small --epochs-per-step 2 --least-units 1
run amr_s-catro amr_s macs=50% catro $small
run amr_s-rl amr_s macs=50% rl $small
run amr_s-odf2nna amr_s macs=50% odf2nna $small
run amr_s-fpgm amr_s macs=50% fpgm $small
run amr_s-random-channels amr_s macs=50% random $small --part channels
run amr_s-l1-channels amr_s macs=50% l1 $small --part channels
run amr_s-bnp-channels amr_s macs=50% bnp $small --part channels
run dense-odf2nna dense params=25% odf2nna $small
