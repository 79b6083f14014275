// How one is greeted.

export enum Tone {
  Warm = "warm",
  Cold = "cold",
}

export interface Greeting {
  text: string;
  tone: Tone;
}
