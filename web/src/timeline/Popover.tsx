/** A button, and what comes up above it until one clicks elsewhere or presses Escape. */

import { useId, useRef, useState, type ReactNode } from "react";

interface Props {
  label: string; // of the button, and of what comes up
  sign?: string; // shown on the button instead
  className?: string; // of the button
  disabled?: boolean;
  children: (close: () => void) => ReactNode;
}

export function Popover({ label, sign, className = "plain", disabled, children }: Props) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => document.getElementById(id)?.hidePopover();
  const place = () => {
    const at = button.current?.getBoundingClientRect();
    if (!at || !box.current) return;
    box.current.style.setProperty("--left", `${String(at.left)}px`);
    box.current.style.setProperty("--bottom", `${String(window.innerHeight - at.top + 6)}px`);
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        className={className}
        popoverTarget={id}
        aria-label={sign && label}
        title={sign && label}
        disabled={disabled}
      >
        {sign ?? label}
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        className="popover"
        role="dialog"
        aria-label={label}
        onBeforeToggle={place}
        onToggle={(event) => {
          setOpen(event.newState === "open");
        }}
      >
        {open && children(close)}
      </div>
    </>
  );
}
