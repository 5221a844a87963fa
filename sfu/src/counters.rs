//! What the media plane counts. Written by one worker, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: AtomicU64,)*
        }

        /// A reading of all counters of a media worker.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct CountersSnapshot {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            pub(crate) fn snapshot(&self) -> CountersSnapshot {
                CountersSnapshot {
                    $($name: self.$name.load(Ordering::Relaxed),)*
                }
            }
        }

        impl CountersSnapshot {
            /// The sums of two.
            #[must_use]
            pub fn and(self, other: Self) -> Self {
                Self {
                    $($name: self.$name + other.$name,)*
                }
            }

            /// Name and value of each counter.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Media connections that are open (a gauge).
    peers,
    /// Meetings that are known (a gauge).
    meetings,
    /// Receivers that get smaller pictures than they draw, or fewer (a gauge).
    lines_reduced,
    /// Receivers that get sound alone (a gauge).
    lines_sound_only,
    /// What the lines to all receivers carry, as estimated, in kbit/s (a
    /// gauge).
    estimate_kbps,
    /// Media packets that wait for their line (a gauge).
    packets_queued,
    /// Datagrams received.
    datagrams_received,
    /// Bytes received.
    bytes_received,
    /// Datagrams sent.
    datagrams_sent,
    /// Sends, each of one datagram or of several of one size (GSO).
    sends,
    /// Bytes sent.
    bytes_sent,
    /// Media packets put into slots.
    packets_forwarded,
    /// Media packets sent again because a receiver missed them.
    packets_repaired,
    /// Media packets sent again to find out what a line carries.
    packets_padding,
    /// Media packets that a receiver did not get: it does not know their
    /// codec, or its line is too slow for them.
    packets_dropped,
    /// Packets of mixed sound that were made.
    packets_mixed,
    /// Media packets of sources that the meeting does not forward now.
    packets_muted,
    /// Media packets of unknown streams or codecs, or malformed.
    packets_malformed,
    /// Packets that came to nothing: of streams that were not agreed on,
    /// wrongly sealed, here before, or padding alone.
    packets_refused,
    /// Keyframes that receivers asked for.
    keyframes_wanted,
    /// Packets that receivers reported missing.
    nacks,
    /// Packets reported missing that could not be sent again.
    nacks_unanswered,
    /// Feedback whose seal was wrong, or that came twice.
    feedback_refused,
    /// Feedback that could not be read.
    feedback_malformed,
    /// Media packets handed to other workers.
    link_packets_sent,
    /// Media packets taken from other workers.
    link_packets_received,
    /// Datagrams from nobody that is known.
    datagrams_unknown,
    /// Datagrams that are none of STUN, DTLS, RTP or RTCP.
    datagrams_malformed,
    /// Addresses claimed by one peer while another held them.
    addresses_refused,
    /// Datagrams that could not be sent.
    send_errors,
    /// TCP connections that are open (a gauge).
    tcp_connections,
    /// TCP connections accepted.
    tcp_accepted,
    /// TCP connections refused: too many are open, in all or from one address.
    tcp_refused,
    /// TCP connections closed because what came was not ICE-TCP.
    tcp_malformed,
    /// TCP connections closed because no peer has proved to be there.
    tcp_idle,
    /// Frames not sent by TCP because the reader is too slow, or gone.
    tcp_frames_dropped,
    /// Keyframe requests sent to publishers.
    keyframe_requests,
    /// Switches of a slot to another source or layer.
    slot_switches,
    /// Offers answered.
    offers_answered,
    /// Offers refused.
    offers_refused,
    /// Connections dropped for a fault inside them.
    peers_faulted,
    /// Commands refused for an older epoch or a missing revision.
    commands_out_of_step,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn set(counter: &AtomicU64, to: u64) {
        counter.store(to, Ordering::Relaxed);
    }
}
