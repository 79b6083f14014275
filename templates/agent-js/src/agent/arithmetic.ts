// Values of expressions that have nothing but numbers in them; nothing of them is executed as code.

const LONGEST_EXPRESSION = 200;
const TOKEN = /\s*(\d+(?:\.\d+)?|\*\*|[-+*/%()])/y;

/** The value of an expression with `+ - * / % **` and brackets. */
export function evaluate(expression: string): number {
  if (expression.length > LONGEST_EXPRESSION) throw new Error(`an expression may have ${LONGEST_EXPRESSION} characters`);
  const rest = tokens(expression.trim());
  const value = sum(rest);
  if (rest.length > 0) throw new Error(`this is no arithmetic: ${expression}`);
  if (!Number.isFinite(value)) throw new Error("the result is not a finite number");
  return value;
}

function tokens(expression: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(expression)?.[1];
    if (token === undefined) throw new Error(`only numbers, + - * / % ** and brackets are allowed, not ${expression.slice(at)}`);
    found.push(token);
  }
  return found;
}

function sum(rest: string[]): number {
  let value = product(rest);
  for (;;) {
    if (take(rest, "+")) value += product(rest);
    else if (take(rest, "-")) value -= product(rest);
    else return value;
  }
}

function product(rest: string[]): number {
  let value = signed(rest);
  for (;;) {
    if (take(rest, "*")) value *= signed(rest);
    else if (take(rest, "/")) value /= signed(rest);
    else if (take(rest, "%")) value %= signed(rest);
    else return value;
  }
}

function signed(rest: string[]): number {
  return take(rest, "-") ? -signed(rest) : power(rest);
}

function power(rest: string[]): number {
  const base = operand(rest);
  return take(rest, "**") ? base ** signed(rest) : base;
}

function operand(rest: string[]): number {
  if (take(rest, "(")) {
    const value = sum(rest);
    if (!take(rest, ")")) throw new Error("this is no arithmetic: a bracket is not closed");
    return value;
  }
  const value = Number(rest.shift());
  if (Number.isNaN(value)) throw new Error("this is no arithmetic: a number is missing");
  return value;
}

function take(rest: string[], token: string): boolean {
  if (rest[0] !== token) return false;
  rest.shift();
  return true;
}
