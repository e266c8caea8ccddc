/** A button, and a panel below it that lies over the page until one goes elsewhere or presses Escape. */

import { useEffect, useRef, useState, type ReactNode } from "react";

interface Props {
  label: ReactNode;
  name?: string; // what the button is called if its label does not say it
  children: (close: () => void) => ReactNode;
}

export function Disclosure({ label, name, children }: Props) {
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const elsewhere = (event: Event) => {
      if (!whole.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [open]);
  return (
    <div
      className="disclosure"
      ref={whole}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        setOpen(false);
        whole.current?.querySelector("button")?.focus();
      }}
    >
      <button
        type="button"
        className="plain"
        aria-expanded={open}
        aria-label={name}
        title={name}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {label}
      </button>
      {open && (
        <div className="over">
          {children(() => {
            setOpen(false);
          })}
        </div>
      )}
    </div>
  );
}
