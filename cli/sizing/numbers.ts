/** Numbers as a person reads them. */

/** Three significant digits, with thousands separators: 1,230,000. */
export function count(value: number): string {
  if (value !== 0 && Math.abs(value) < 10) return String(Number(value.toPrecision(2)));
  return Number(value.toPrecision(3)).toLocaleString("en-US");
}

/** A whole number, every digit of it. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** 1.2 kB, 34 MB, 5.6 GB. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let left = value;
  let unit = 0;
  for (; left >= 1_000 && unit < units.length - 1; unit += 1) left /= 1_000;
  return `${count(left)} ${units[unit]}`;
}

/** Network bits per second, from bytes per second. */
export function bits(bytesPerSecond: number): string {
  const megabits = (bytesPerSecond * 8) / 1_000_000;
  return megabits < 1_000 ? `${count(megabits)} Mbit/s` : `${count(megabits / 1_000)} Gbit/s`;
}
