# SPDX-License-Identifier: GPL-3.0-or-later
# The networks of docs/results.md, for run.sh: bases, and what is made of them at equal budgets.

base resnet56 --arch resnet56 --schedule cosine --weight-decay 0.05
base amr_s --arch amr_s --schedule cosine --lr 0.002 --weight-decay 0.02
base amr_ds_m --arch amr_ds_m --schedule cosine --lr 0.004 --weight-decay 0.02
base ulcnn --arch ulcnn --schedule cosine --lr 0.004
base amr_xs --arch amr_xs --schedule cosine --lr 0.004
base dense --arch dense --schedule cosine --lr 0.001 --weight-decay 0.05

# Beside resnet56 a teacher that reads once is eight times faster; the others are small enough to be asked each time.
large="--distil --teacher-once --schedule cosine --lr 0.004 --weight-decay 0.02 --epochs 48"
run resnet56-psr resnet56 macs=12.2% psr $large
run resnet56-random resnet56 macs=12.2% random $large
run resnet56-l1 resnet56 macs=12.2% l1 $large
run resnet56-bnp resnet56 macs=12.2% bnp $large
run resnet56-lcp resnet56 macs=12.2% lcp $large
run resnet56-catro resnet56 macs=12.2% catro $large
run resnet56-rl resnet56 macs=12.2% rl $large
run resnet56-consensus resnet56 macs=22% consensus $large --epochs-per-step 1

small="--distil --schedule cosine --lr 0.004 --weight-decay 0.02 --epochs 24"
run amr_s-psr amr_s macs=50% psr $small
run amr_s-random amr_s macs=50% random $small
run amr_s-l1 amr_s macs=50% l1 $small
run amr_s-bnp amr_s macs=50% bnp $small
run amr_s-lcp amr_s macs=50% lcp $small
run amr_s-catro amr_s macs=50% catro $small
run amr_s-fpgm amr_s macs=50% fpgm $small
run amr_s-rl amr_s macs=50% rl $small
run amr_s-odf2nna amr_s macs=50% odf2nna $small
run amr_s-random-channels amr_s macs=50% random $small --part channels
run amr_s-l1-channels amr_s macs=50% l1 $small --part channels
run amr_s-bnp-channels amr_s macs=50% bnp $small --part channels
run amr_s-consensus amr_s macs=50% consensus $small --epochs-per-step 2 --least-units 1
run dense-odf2nna dense params=25% odf2nna $small
run frontier-10k amr_ds_m params=9.7k,macs=0.2M auto $small
