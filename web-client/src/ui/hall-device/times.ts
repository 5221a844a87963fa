/** Hour and minute, as on a clock with 24 hours. */
export function hourText(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

/** Weekday and date. */
export function dayText(at: number, language: string): string {
  return new Intl.DateTimeFormat(language, { weekday: 'long', day: '2-digit', month: '2-digit', year: 'numeric' }).format(at);
}
