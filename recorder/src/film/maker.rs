//! Makes one film, step by step, with ffmpeg.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use diemcau_protocol::MeetingId;

use super::captions::captions;
use super::desk::{FILM, FilmError, WORK};
use super::plan::{Input, SIZES, Step, pieces, steps};
use crate::library::{Library, Recording};
use crate::lock::Recipients;
use crate::minutes::TINOS;
use crate::storage::{Disk, Storage};
use crate::timeline::{Part, Timeline};

/// What ffmpeg says of itself when something goes wrong; the last of it is
/// told.
const SAID: &str = "ffmpeg.log";
/// So much of it, in characters.
const TOLD: usize = 300;

/// The making of one film.
pub(super) struct Maker<'a> {
    pub(super) library: &'a Library,
    pub(super) meeting: &'a MeetingId,
    /// Where the film and the work lie.
    pub(super) folder: &'a Path,
    /// Whether it is to leave off.
    pub(super) stops: &'a AtomicBool,
    /// Is told how much is done, and of how much.
    pub(super) tell: &'a dyn Fn(i64, i64),
}

impl Maker<'_> {
    /// Makes what is not there yet.
    pub(super) fn make(&self) -> Result<(), FilmError> {
        let work = self.folder.join(WORK);
        Disk.make_folder(&work.join("fonts"))?;
        Disk.make_folder(&work.join("hls"))?;
        for (number, face) in TINOS.iter().enumerate() {
            fs::write(work.join("fonts").join(format!("{number}.ttf")), face)?;
        }
        let Recording { manifest, timeline } = self.library.recording(self.meeting)?;
        let inputs: Vec<Input> = timeline
            .programme
            .iter()
            .map(|part| self.input(&work, part))
            .collect::<Result<_, _>>()?;
        let all = steps(timeline.duration);
        fs::write(work.join("pieces.txt"), pieces(&all))?;
        let whole: i64 = all.iter().map(|step| step.weight(timeline.duration)).sum();
        let mut done = 0;
        for step in &all {
            let weight = step.weight(timeline.duration);
            if !work.join(step.makes()).exists() {
                let tell = |part: f64| (self.tell)(done + (part * weight as f64) as i64, whole);
                self.step(&work, step, &timeline, &inputs, &tell)?;
            }
            done += weight;
            (self.tell)(done, whole);
        }
        fs::write(work.join("hls/index.m3u8"), SIZES)?;
        let recipients = match &manifest.encrypted_to[..] {
            [] => None,
            keys => Some(Recipients::parse(keys).map_err(io::Error::other)?),
        };
        self.hand_over(&work, recipients.as_ref())
    }

    /// A part of the programme, in the clear and on this machine.
    fn input(&self, work: &Path, part: &Part) -> Result<Input, FilmError> {
        let local = self.library.archive_of(self.meeting).join(&part.file);
        let path = if local.exists() {
            local.canonicalize()?
        } else {
            let copy = work.join(part.file.replace('/', "-"));
            if !copy.exists() {
                let unfinished = copy.with_extension("new");
                let mut opened = self.library.open(self.meeting, &part.file)?;
                opened.content.rewind()?;
                io::copy(&mut opened.content, &mut File::create(&unfinished)?)?;
                fs::rename(unfinished, &copy)?;
            }
            copy.canonicalize()?
        };
        let probed = Command::new("ffprobe")
            .args([
                "-v",
                "error",
                "-show_entries",
                "stream=codec_type",
                "-of",
                "csv=p=0",
            ])
            .arg(&path)
            .output()
            .map_err(FilmError::of_start)?;
        let kinds = String::from_utf8_lossy(&probed.stdout);
        let has = |kind: &str| kinds.lines().any(|line| line.trim_end_matches(',') == kind);
        Ok(Input {
            has_picture: has("video"),
            has_sound: has("audio"),
            path: path.to_string_lossy().into_owned(),
            part: part.clone(),
        })
    }

    fn step(
        &self,
        work: &Path,
        step: &Step,
        timeline: &Timeline,
        inputs: &[Input],
        tell: &dyn Fn(f64),
    ) -> Result<(), FilmError> {
        let length = match step {
            Step::Picture { number, range } => {
                let text = captions(timeline, range);
                fs::write(work.join(format!("{number:05}.ass")), text)?;
                range.end - range.start
            }
            Step::Sound | Step::Join | Step::High | Step::Low => timeline.duration,
        };
        let made = step.makes();
        // The name stays as its ending: ffmpeg chooses the form by it.
        let unfinished = match made.rsplit_once('/') {
            Some((folder, name)) => format!("{folder}/new-{name}"),
            None => format!("new-{made}"),
        };
        let arguments = step.arguments(timeline, inputs, &unfinished);
        self.run(work, &arguments, &|at| {
            tell(at as f64 / length.max(1) as f64)
        })?;
        fs::rename(work.join(unfinished), work.join(made))?;
        Ok(())
    }

    /// Runs ffmpeg with what nobody else needs of the processor. `tell` hears
    /// where it is, in milliseconds.
    fn run(&self, work: &Path, arguments: &[String], tell: &dyn Fn(i64)) -> Result<(), FilmError> {
        let mut child = Command::new("nice")
            .args(["-n", "19", "ffmpeg", "-nostdin", "-v", "error", "-y"])
            .args(["-progress", "pipe:1"])
            .args(arguments)
            .current_dir(work)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(work.join(SAID))?)
            .spawn()
            .map_err(FilmError::of_start)?;
        let told = child.stdout.take();
        for line in told
            .into_iter()
            .flat_map(|told| BufReader::new(told).lines())
        {
            if self.stops.load(Ordering::Acquire) {
                // It may have ended by itself.
                let _ = child.kill();
                child.wait()?;
                return Err(FilmError::Stopped);
            }
            let line = line?;
            let at = line.strip_prefix("out_time_us=");
            if let Some(at) = at.and_then(|at| at.parse::<i64>().ok()) {
                tell(at / 1_000);
            }
        }
        let status = child.wait()?;
        if self.stops.load(Ordering::Acquire) {
            return Err(FilmError::Stopped);
        }
        if status.success() {
            return Ok(());
        }
        let said = fs::read_to_string(work.join(SAID)).unwrap_or_default();
        let from = said.char_indices().rev().nth(TOLD).map_or(0, |(at, _)| at);
        Err(FilmError::Ffmpeg(said[from..].trim().to_owned()))
    }

    /// Puts the film where it is read; the film itself comes last.
    fn hand_over(&self, work: &Path, recipients: Option<&Recipients>) -> Result<(), FilmError> {
        let place = self.folder.join("hls");
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(work.join("hls"), &place)?;
        let film = self.folder.join(FILM);
        let Some(recipients) = recipients else {
            fs::rename(work.join(FILM), film)?;
            return Ok(());
        };
        // It holds what the archive holds: for the same eyes only.
        let names = Disk.names(&place)?;
        let pieces = names
            .iter()
            .map(|name| (place.join(name), place.join(name)));
        for (from, to) in pieces.chain([(work.join(FILM), film)]) {
            recipients.lock(&from, &locked(&to))?;
            Disk.remove(&from)?;
        }
        Ok(())
    }
}

/// The name of an encrypted file.
pub(super) fn locked(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".age");
    path.with_file_name(name)
}
