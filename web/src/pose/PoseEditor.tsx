/** Key poses: made by dragging, saved as an action. */

export function PoseEditor() {
  return null;
}
