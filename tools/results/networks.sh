# SPDX-License-Identifier: GPL-3.0-or-later
# The networks of docs/results.md, for run.sh: bases, and what is made of them at equal budgets.

base resnet56 --arch resnet56 --epochs 32 --schedule cosine --weight-decay 0.05
base amr_s --arch amr_s --epochs 40 --schedule cosine --lr 0.002 --weight-decay 0.02
base dense --arch dense --epochs 40 --schedule cosine --weight-decay 0.05
base ulcnn --arch ulcnn --epochs 50 --schedule cosine --lr 0.004
base ulcnn-distilled --arch ulcnn --teacher "$work/resnet56.safetensors" --teacher-once \
    --augment rotate,conjugate --epochs 60 --schedule cosine --lr 0.004
base amr_xs --arch amr_xs --epochs 50 --schedule cosine --lr 0.004
base amr_ds_m --arch amr_ds_m --epochs 50 --schedule cosine --lr 0.004 --weight-decay 0.02
base amr_ds_m-distilled --arch amr_ds_m --teacher "$work/resnet56.safetensors" --teacher-once \
    --augment rotate,conjugate --epochs 60 --schedule cosine --lr 0.004 --weight-decay 0.02
base amr_ds_m-long --arch amr_ds_m --teacher "$work/resnet56.safetensors" --teacher-once \
    --augment rotate,conjugate --epochs 120 --ema 0.998 --schedule cosine --lr 0.004 --weight-decay 0.02

# A large teacher that reads each frame once costs an eighth.
recovery="--distill --teacher-once --schedule cosine --lr 0.004 --weight-decay 0.02"
large="$recovery --epochs 16"
run resnet56-psr resnet56 macs=12.2% psr $large
run resnet56-random resnet56 macs=12.2% random $large
run resnet56-l1 resnet56 macs=12.2% l1 $large
all=$seeds seeds=1 # three times as long
run resnet56-psr-long resnet56 macs=12.2% psr $recovery --epochs 48
run resnet56-psr-averaged resnet56 macs=12.2% psr $recovery --augment rotate,conjugate --ema 0.998 --epochs 80
run resnet56-psr-plain resnet56 macs=12.2% psr --schedule cosine --lr 0.004 --weight-decay 0.02 --epochs 48
seeds=$all

small="$recovery --epochs 12"
run amr_s-psr amr_s macs=50% psr $small
run amr_s-random amr_s macs=50% random $small
run amr_s-l1 amr_s macs=50% l1 $small
run amr_s-bnp amr_s macs=50% bnp $small
run amr_s-lcp amr_s macs=50% lcp $small
run amr_s-consensus amr_s macs=50% consensus $small --epochs-per-step 2 --min-units 1
run amr_s-catro amr_s macs=50% catro $small
run amr_s-rl amr_s macs=50% rl $small
run amr_s-odf2nna amr_s macs=50% odf2nna $small
run amr_s-fpgm amr_s macs=50% fpgm $small
run amr_s-random-channels amr_s macs=50% random $small --part channels
run amr_s-l1-channels amr_s macs=50% l1 $small --part channels
run amr_s-bnp-channels amr_s macs=50% bnp $small --part channels
run dense-odf2nna dense params=25% odf2nna $small

all=$seeds seeds=1 # a search of many trainings
run frontier-10k amr_ds_m-distilled params=9.7k,macs=0.2M auto $recovery --epochs 40 \
    --chains catro fpgm odf2nna psr,catro psr,fpgm
seeds=$all
