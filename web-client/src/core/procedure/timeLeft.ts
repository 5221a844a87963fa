/** How long something still takes, in words of a clock: `4:05`, and `+0:10` once it is over. */
export function timeLeft(milliseconds: number): { readonly text: string; readonly isOver: boolean } {
  const isOver = milliseconds <= -1_000;
  const seconds = isOver ? Math.floor(-milliseconds / 1_000) : Math.max(0, Math.ceil(milliseconds / 1_000));
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
  return { text: isOver ? `+${text}` : text, isOver };
}
