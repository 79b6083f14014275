// Applies the decorators of a class, or of a member of it, from the last to the first.
(decorators, target, key, ...rest) => {
  const isMember = key !== undefined;
  let result = target;
  if (isMember) result = rest[0] === null ? Object.getOwnPropertyDescriptor(target, key) : rest[0];
  if (typeof Reflect.decorate === "function") {
    result = isMember ? Reflect.decorate(decorators, target, key, result) : Reflect.decorate(decorators, target);
  } else {
    for (const decorator of [...decorators].reverse()) {
      if (!decorator) continue;
      const replaced = isMember ? (rest.length ? decorator(target, key, result) : decorator(target, key)) : decorator(result);
      result = replaced || result;
    }
  }
  if (isMember && result) Object.defineProperty(target, key, result);
  return result;
}
