#!/usr/bin/env bash
# Makes the film of the synthetic sites anew: a bar that wanders over a plain,
# in pictures that each need no other and fit a packet, and a second of a tone
# in packets of 60 bytes. Needs ffmpeg with libvpx and libopus.
set -euo pipefail
cd "$(dirname "$0")"
pictures() {
	ffmpeg -v error -y -bitexact \
		-f lavfi -i "color=c=0x1f4e79:size=$2x$3:rate=12:duration=1" \
		-f lavfi -i "color=c=0xf2c14e:size=$(($2 / 8))x$(($3 / 4)):rate=12:duration=1" \
		-filter_complex "[0][1]overlay=x='W*t*0.8':y='H*3/8'" \
		-c:v libvpx -g 1 -qmin 4 -qmax 63 -crf 63 -b:v 100k -deadline good \
		-f ivf "$1.ivf"
}
pictures q 320 180
pictures h 640 360
pictures f 960 540
ffmpeg -v error -y -bitexact \
	-f lavfi -i 'sine=frequency=440:sample_rate=48000:duration=1' \
	-c:a libopus -vbr off -b:a 24k -application lowdelay -frame_duration 20 \
	-f data -map 0:a sound.opus
