/** What goes on in the room: what is performed, what waits, what is voted on; who asked for it. */

import { useState } from "react";
import { problemOf, type Problem } from "../api/http";
import { useWords } from "../studio";
import { Complaint } from "../ui/Complaint";
import { filled } from "../ui/filled";
import type { Asked } from "./messages";
import { performing, waiting, type Room } from "./room";
import { buffer, say, useSession } from "./session";
import { useTime } from "./State";
import { WORDS, type Words } from "./words";

const OFTEN = 250; // ms

/** The frame that the character is in. */
export function useFrameNow(): number {
  useTime(OFTEN);
  return buffer.newest ?? 0;
}

export function nameOf(sender: string, words: Words): string {
  return sender === "vote" ? words.theVote : sender || words.somebody;
}

export function Show() {
  const room = useSession((session) => session.room);
  if (!room) return null;
  return (
    <>
      <Performed room={room} />
      <VoteNow room={room} />
      <Queue room={room} />
    </>
  );
}

function Performed({ room }: { room: Room }) {
  const words = useWords(WORDS);
  const asked = performing(room, useFrameNow());
  return (
    <section className="performed" aria-label={words.now}>
      <h2>{words.now}</h2>
      {asked ? (
        <p>
          <strong>{asked.text}</strong>{" "}
          <span className="soft">{filled(words.by, { name: nameOf(asked.sender, words) })}</span>
        </p>
      ) : (
        <p className="soft">{words.rests}</p>
      )}
    </section>
  );
}

function Queue({ room }: { room: Room }) {
  const words = useWords(WORDS);
  const frame = useFrameNow();
  const all = waiting(room, frame);
  const due = (one: Asked) =>
    room.speed === 0
      ? words.paused
      : filled(words.soon, { n: Math.max(1, Math.round((one.frame - frame) / room.fps)) });
  return (
    <section className="queue" aria-label={words.queue}>
      <h2>
        {words.queue}
        {all.length > 0 && ` (${String(all.length)})`}
      </h2>
      {all.length === 0 && <p className="soft">{words.queueEmpty}</p>}
      <ol>
        {all.map((one) => (
          <li key={one.number}>
            <span className="what">{one.text}</span>
            <span className="soft">{nameOf(one.sender, words)}</span>
            <span className="soft due">{due(one)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function VoteNow({ room }: { room: Room }) {
  const words = useWords(WORDS);
  const time = useTime(OFTEN);
  const mine = useSession((session) => session.voice);
  const [problem, setProblem] = useState<Problem>();
  const { votes } = room;
  if (!votes) return null;
  const all = votes.options.reduce((sum, { votes: voices }) => sum + voices, 0);
  const left = Math.ceil((votes.ends - time) / 1000);
  const vote = async (option: number) => {
    try {
      await say({ type: "vote", option });
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <section className="votes" aria-label={words.vote}>
      <h2>
        {words.vote}{" "}
        <span className="soft">{left > 0 ? filled(words.voteLeft, { n: left }) : words.voteOver}</span>
      </h2>
      {room.role !== "viewer" && <p className="soft">{words.voteHint}</p>}
      {votes.options.map(({ option, text, votes: voices }) => (
        <button
          key={option}
          type="button"
          className="option"
          aria-pressed={mine === option}
          disabled={room.role === "viewer"}
          style={{ "--share": all > 0 ? voices / all : 0 } as React.CSSProperties}
          onClick={() => void vote(option)}
        >
          <span>{text}</span>
          <span>{filled(words.voices, { n: voices })}</span>
        </button>
      ))}
      <Complaint problem={problem} />
    </section>
  );
}
