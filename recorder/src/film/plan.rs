//! The steps to a film, and what ffmpeg is told in each: pure. Every step
//! leaves a file; those that are there are not made again.

use std::ops::Range;

use crate::timeline::{Part, Timeline};

/// A piece of the picture, in milliseconds.
const PIECE: i64 = 60_000;
/// Pictures in a second.
const RATE: i64 = 25;
/// Pictures from one keyframe to the next: each begins a piece of a stream.
const KEYFRAMES: &str = "100";

/// A part of the programme, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    /// The path of its file.
    pub(super) path: String,
    pub(super) part: Part,
    pub(super) has_picture: bool,
    pub(super) has_sound: bool,
}

/// Something that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Sound,
    Picture { number: usize, range: Range<i64> },
    Join,
    High,
    Low,
}

/// All steps for so many milliseconds.
pub(super) fn steps(duration: i64) -> Vec<Step> {
    // No film is shorter than a picture.
    let duration = duration.max(1_000 / RATE);
    let pieces = (0..).zip((0..duration).step_by(PIECE as usize));
    let pictures = pieces.map(|(number, from)| Step::Picture {
        number,
        range: from..duration.min(from + PIECE),
    });
    [Step::Sound]
        .into_iter()
        .chain(pictures)
        .chain([Step::Join, Step::High, Step::Low])
        .collect()
}

impl Step {
    /// The file that is there once it is done.
    pub(super) fn makes(&self) -> String {
        match self {
            Step::Sound => "sound.m4a".to_owned(),
            Step::Picture { number, .. } => format!("{number:05}.mp4"),
            Step::Join => "film.mp4".to_owned(),
            Step::High => "hls/high.m3u8".to_owned(),
            Step::Low => "hls/low.m3u8".to_owned(),
        }
    }

    /// How much of the whole work it is, as milliseconds of picture.
    pub(super) fn weight(&self, duration: i64) -> i64 {
        match self {
            Step::Sound => duration / 20,
            Step::Picture { range, .. } => range.end - range.start,
            Step::Join | Step::High => duration / 50,
            Step::Low => duration / 3,
        }
    }

    /// What ffmpeg is told; it runs in the folder of the work. `target` is
    /// where the file goes.
    pub(super) fn arguments(
        &self,
        timeline: &Timeline,
        inputs: &[Input],
        target: &str,
    ) -> Vec<String> {
        match self {
            Step::Sound => sound(timeline.duration, inputs, target),
            Step::Picture { number, range } => picture(*number, range, inputs, target),
            Step::Join => {
                let title = format!("title={}", timeline.title);
                let told = "-f concat -safe 0 -i pieces.txt -i sound.m4a -map 0:v -map 1:a \
                            -c copy -movflags +faststart -metadata";
                [words(told), vec![title, target.to_owned()]].concat()
            }
            Step::High => stream("-c copy", "high", target),
            Step::Low => {
                let smaller = format!(
                    "-vf scale=640:360 -c:v libx264 -preset veryfast -b:v 400k -maxrate 500k \
                     -bufsize 1000k -g {KEYFRAMES} -keyint_min {KEYFRAMES} -sc_threshold 0 \
                     -c:a aac -b:a 48k -ac 1"
                );
                stream(&smaller, "low", target)
            }
        }
    }
}

/// The list of pieces for [`Step::Join`].
pub(super) fn pieces(steps: &[Step]) -> String {
    let pictures = steps
        .iter()
        .filter(|step| matches!(step, Step::Picture { .. }));
    pictures
        .map(|step| format!("file '{}'\n", step.makes()))
        .collect()
}

/// The list of both sizes (RFC 8216 §4.3.4.2).
pub(super) const SIZES: &str = "#EXTM3U
#EXT-X-VERSION:3
#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=600000,RESOLUTION=640x360
low.m3u8
";

fn words(told: &str) -> Vec<String> {
    told.split_whitespace().map(str::to_owned).collect()
}

fn seconds(milliseconds: i64) -> String {
    format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
}

fn sound(duration: i64, inputs: &[Input], target: &str) -> Vec<String> {
    let heard: Vec<&Input> = inputs.iter().filter(|input| input.has_sound).collect();
    let mut told = Vec::new();
    let mut filter = format!(
        "anullsrc=r=48000:cl=mono:d={}[s];",
        seconds(duration.max(40))
    );
    let mut mixed = "[s]".to_owned();
    for (number, input) in heard.iter().enumerate() {
        told.extend(["-i".to_owned(), input.path.clone()]);
        // Where sound is missing there is silence of the same length.
        filter += &format!(
            "[{number}:a]aresample=48000:async=1:first_pts=0,adelay={}:all=1[s{number}];",
            input.part.from.max(0)
        );
        mixed += &format!("[s{number}]");
    }
    let count = heard.len() + 1;
    filter += &format!("{mixed}amix=inputs={count}:duration=first:normalize=0[sound]");
    told.extend(["-filter_complex".to_owned(), filter]);
    told.extend(words("-map [sound] -c:a aac -b:a 96k -ac 1"));
    told.push(target.to_owned());
    told
}

fn picture(number: usize, range: &Range<i64>, inputs: &[Input], target: &str) -> Vec<String> {
    let length = seconds(range.end - range.start);
    let mut told = Vec::new();
    let mut filter = format!("color=c=black:s=1280x720:r={RATE}:d={length}[b0];");
    let mut count = 0;
    for input in inputs.iter().filter(|input| input.has_picture) {
        let (from, to) = (
            input.part.from.max(range.start),
            input.part.to.min(range.end),
        );
        if from >= to {
            continue;
        }
        // Cameras change their size in the middle: the scaling takes it.
        told.extend(words("-reinit_filter 0 -ss"));
        told.extend([
            seconds(from - input.part.from),
            "-t".to_owned(),
            seconds(to - from),
        ]);
        told.extend(["-i".to_owned(), input.path.clone()]);
        let later = seconds(from - range.start);
        filter += &format!(
            "[{count}:v]scale=1280:720:force_original_aspect_ratio=decrease,\
             pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1,fps={RATE},\
             setpts=PTS+{later}/TB[v{count}];\
             [b{count}][v{count}]overlay=eof_action=pass[b{}];",
            count + 1
        );
        count += 1;
    }
    filter += &format!("[b{count}]ass={number:05}.ass:fontsdir=fonts,format=yuv420p[picture]");
    told.extend(["-filter_complex".to_owned(), filter]);
    told.extend(words(&format!(
        "-map [picture] -t {length} -c:v libx264 -preset veryfast -crf 24 -g {KEYFRAMES} \
         -keyint_min {KEYFRAMES} -sc_threshold 0 -video_track_timescale 90000"
    )));
    told.push(target.to_owned());
    told
}

fn stream(how: &str, name: &str, target: &str) -> Vec<String> {
    let told = format!(
        "-i film.mp4 {how} -f hls -hls_time 4 -hls_playlist_type vod \
         -hls_segment_filename hls/{name}-%05d.ts"
    );
    [words(&told), vec![target.to_owned()]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_is_made_minute_by_minute() {
        let all = steps(150_000);
        let made: Vec<String> = all.iter().map(Step::makes).collect();
        assert_eq!(
            made,
            [
                "sound.m4a",
                "00000.mp4",
                "00001.mp4",
                "00002.mp4",
                "film.mp4",
                "hls/high.m3u8",
                "hls/low.m3u8"
            ]
        );
        assert_eq!(
            all[3],
            Step::Picture {
                number: 2,
                range: 120_000..150_000
            }
        );
        assert_eq!(
            pieces(&all),
            "file '00000.mp4'\nfile '00001.mp4'\nfile '00002.mp4'\n"
        );
        assert_eq!(steps(0).len(), 5);
    }
}
