/** The picture of the user's own character, with its keypoints drawn over it. */

import { useState, type ChangeEvent } from "react";
import { useWords } from "../studio";
import { filled } from "../ui/filled";
import { useForm } from "./form";
import { limbsOf, readPicture, readPose, type Wrong } from "./picture";
import { WORDS } from "./words";

/** `finder`: the service finds keypoints by itself. */
export function PictureOf({ finder }: { finder: boolean }) {
  const words = useWords(WORDS);
  const reference = useForm((now) => now.reference);
  const [wrong, setWrong] = useState<Wrong>();
  const [over, setOver] = useState(false);
  const takePicture = async (file: File | undefined) => {
    if (!file) return;
    const read = await readPicture(file);
    setWrong(typeof read === "string" ? read : undefined);
    if (typeof read !== "string") useForm.setState({ reference: read });
  };
  const takePose = async (file: File | undefined) => {
    if (!file) return;
    const read = await readPose(file);
    const { reference: of } = useForm.getState();
    setWrong(typeof read === "string" ? read : of ? undefined : "pictureFirst");
    if (of && typeof read !== "string")
      useForm.setState({ reference: { ...of, pose: read, poseName: file.name } });
  };
  const take = async (files: File[]) => {
    const isPose = ({ name }: File) => name.toLowerCase().endsWith(".json");
    await takePicture(files.find((file) => !isPose(file)));
    await takePose(files.find(isPose));
  };
  return (
    <div
      className="picture"
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void take([...event.dataTransfer.files]);
      }}
    >
      {reference && (
        <div className="seen">
          <img src={reference.picture} alt={reference.name} />
          {reference.pose && (
            <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
              {limbsOf(reference.pose).map(([x1, y1, x2, y2]) => (
                <line key={[x1, y1, x2, y2].join()} x1={x1} y1={y1} x2={x2} y2={y2} />
              ))}
            </svg>
          )}
        </div>
      )}
      <div className="row">
        <Pick label={reference ? words.other : words.choose} accept="image/*" pick={takePicture} />
        {reference && (
          <>
            <Pick label={words.pose} accept=".json,application/json" pick={takePose} />
            <button
              type="button"
              className="plain"
              onClick={() => {
                setWrong(undefined);
                useForm.setState({ reference: undefined });
              }}
            >
              {words.away}
            </button>
          </>
        )}
      </div>
      <p className="soft small">
        {!reference
          ? words.pictureHint
          : reference.pose
            ? filled(words.poseHere, { name: reference.poseName ?? reference.name })
            : finder
              ? words.poseFound
              : words.poseHow}
      </p>
      <p className="problem" role="alert" hidden={!wrong}>
        {wrong && words[wrong]}
      </p>
    </div>
  );
}

interface PickProps {
  label: string;
  accept: string;
  pick: (file: File | undefined) => Promise<void>;
}

/** A button that opens files; the field itself is there for the keyboard. */
function Pick({ label, accept, pick }: PickProps) {
  const changed = (event: ChangeEvent<HTMLInputElement>) => {
    void pick(event.target.files?.[0]);
    event.target.value = ""; // so that the same file may be chosen again
  };
  return (
    <label className="pick plain">
      {label}
      <input type="file" accept={accept} onChange={changed} />
    </label>
  );
}
