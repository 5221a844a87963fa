/** Interpretation: channels, who interprets, who listens to which. */
import { assertNever } from '../assertNever';
import type { Channel, Interpretation, InterpretationEvent, ParticipantId } from '../protocol';

export function applyInterpretation(interpretation: Interpretation, event: InterpretationEvent): Interpretation {
  switch (event.what) {
    case 'added': {
      const channel: Channel = { number: event.channel, language: event.language, interpreters: [], on_air: null };
      return {
        ...interpretation,
        numbered: Math.max(interpretation.numbered, event.channel),
        channels: [...interpretation.channels, channel],
      };
    }
    case 'removed':
      return {
        ...interpretation,
        channels: interpretation.channels.filter(({ number }) => number !== event.channel),
        listening: listeners(interpretation, (_, channel) => channel !== event.channel),
      };
    case 'assigned':
      return change(interpretation, event.channel, ({ interpreters }) => ({
        interpreters: [...interpreters, event.participant].sort(),
      }));
    case 'dismissed':
      return {
        ...interpretation,
        channels: interpretation.channels.map((channel) => ({
          ...channel,
          interpreters: channel.interpreters.filter((id) => id !== event.participant),
          on_air: channel.on_air === event.participant ? null : channel.on_air,
        })),
      };
    case 'on_air':
      return change(interpretation, event.channel, () => ({ on_air: event.participant }));
    case 'listens': {
      const others = listeners(interpretation, (id) => id !== event.participant);
      const listening = event.channel === null ? others : { ...others, [event.participant]: event.channel };
      return { ...interpretation, listening };
    }
    default:
      return assertNever(event);
  }
}

/** Somebody left: it listens to the floor when it comes back. */
export function leftInterpretation(interpretation: Interpretation, id: ParticipantId): Interpretation {
  return { ...interpretation, listening: listeners(interpretation, (listener) => listener !== id) };
}

/** Whom somebody hears above the floor, if anybody. */
export function interpreterOf({ channels, listening }: Interpretation, id: ParticipantId): ParticipantId | null {
  const chosen = listening[id];
  return channels.find(({ number }) => number === chosen)?.on_air ?? null;
}

type Listening = Interpretation['listening'];

function listeners({ listening }: Interpretation, stays: (id: ParticipantId, channel: number) => boolean): Listening {
  const kept = Object.entries(listening).filter(([id, channel]) => stays(id, channel));
  return Object.fromEntries(kept);
}

function change(interpretation: Interpretation, number: number, how: (channel: Channel) => Partial<Channel>): Interpretation {
  return {
    ...interpretation,
    channels: interpretation.channels.map((channel) =>
      channel.number === number ? { ...channel, ...how(channel) } : channel,
    ),
  };
}
