// The decorator of a member that a decorator of its parameter is.
(index, decorator) => (target, key) => decorator(target, key, index)
