//! Real pictures and sound for synthetic sites, so that what is recorded of
//! them plays. `film/make.sh` made them.
//!
//! Each picture needs no other and fits a packet; a decoder reads neither past
//! a picture's last partition (RFC 6386 §9.5) nor into the padding of a sound
//! (RFC 6716 §3.2.5), and that is where the mark lies.

use std::sync::LazyLock;

use super::mark::{LENGTH, Mark};

/// The pictures of each encoding, the smallest first; IVF, as ffmpeg writes it.
const PICTURES: [&[u8]; 3] = [
    include_bytes!("film/q.ivf"),
    include_bytes!("film/h.ivf"),
    include_bytes!("film/f.ivf"),
];
/// Bytes of the head of an IVF file, and of each picture in it.
const IVF_HEADS: [usize; 2] = [32, 12];
/// Packets of Opus, one behind the other.
const SOUND: &[u8] = include_bytes!("film/sound.opus");
/// Bytes of each of them.
const SOUND_LENGTH: usize = 60;
/// The low bits of the table of contents: frames are counted in the byte that
/// follows.
const COUNTED: u8 = 3;
/// That byte: one frame, and padding.
const ONE_PADDED: u8 = 0x41;

/// A film that is shown again and again.
#[derive(Debug)]
pub(super) struct Film {
    pictures: [Vec<&'static [u8]>; 3],
}

static FILM: LazyLock<Film> = LazyLock::new(|| Film {
    pictures: PICTURES.map(pictures_of),
});

impl Film {
    /// The one that there is.
    pub(super) fn reel() -> &'static Self {
        &FILM
    }

    /// A picture of an encoding; their numbers go on for ever.
    pub(super) fn picture(&self, layer: u8, number: u32) -> &'static [u8] {
        let pictures = &self.pictures[usize::from(layer) % self.pictures.len()];
        pictures[number as usize % pictures.len()]
    }

    /// A payload of sound with a mark behind it; of nothing but the mark where
    /// nobody speaks.
    pub(super) fn sound(&self, number: u32, speaks: bool, mark: Mark) -> Vec<u8> {
        let at = number as usize % (SOUND.len() / SOUND_LENGTH) * SOUND_LENGTH;
        let packet = &SOUND[at..at + SOUND_LENGTH];
        let head = [packet[0] | COUNTED, ONE_PADDED, LENGTH as u8];
        let frame = if speaks { &packet[1..] } else { &[] };
        let mut payload = [&head, frame].concat();
        mark.append(&mut payload);
        payload
    }
}

fn pictures_of(ivf: &'static [u8]) -> Vec<&'static [u8]> {
    let [file, picture] = IVF_HEADS;
    let mut rest = &ivf[file..];
    let mut pictures = Vec::new();
    while let Some((head, behind)) = rest.split_at_checked(picture)
        && let Some((length, _)) = head.split_first_chunk()
        && let Some((data, next)) = behind.split_at_checked(u32::from_le_bytes(*length) as usize)
    {
        pictures.push(data);
        rest = next;
    }
    pictures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::mark::tests::mark;
    use crate::load::publish::PAYLOAD;

    #[test]
    fn every_picture_needs_no_other_and_fits_a_packet() {
        let film = Film::reel();
        for (layer, pictures) in (0_u8..).zip(&film.pictures) {
            assert_eq!(pictures.len(), 12, "layer {layer}");
            for picture in pictures {
                assert_eq!(picture[0] & 1, 0, "a key frame (RFC 6386 §9.1)");
                assert_eq!(picture[3..6], [0x9d, 0x01, 0x2a]);
                assert!(picture.len() + 4 + LENGTH <= PAYLOAD);
            }
            assert_eq!(film.picture(layer, 1), film.picture(layer, 13));
        }
    }

    #[test]
    fn a_decoder_hears_the_sound_and_not_the_mark() {
        let loudest = |speaks| {
            let mut decoder = opus::Decoder::new(48_000, opus::Channels::Mono).unwrap();
            let mut samples = [0_i16; 960];
            let mut loudest = 0;
            for number in 0..100 {
                let payload = Film::reel().sound(number, speaks, mark());
                assert_eq!(Mark::read(&payload), Some(mark()));
                let decoded = decoder.decode(&payload, &mut samples, false).unwrap();
                assert_eq!(decoded, 960, "20 ms");
                loudest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap();
            }
            loudest
        };
        assert!(loudest(true) > 1_000);
        assert!(loudest(false) < 100);
    }
}
