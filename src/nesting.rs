//! Does anything contain itself, and how deep does it nest? For groups and containers.
//!
//! Without recursion and in linear time, so that 10,000 nested groups, or a million, are refused quickly.

/// A graph's cycles and what is too deep. Nodes are indexes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Nesting {
    /// Each cycle once, from its smallest node on.
    pub(crate) cycles: Vec<Vec<usize>>,
    /// Nodes whose longest chain of parents is one longer than allowed.
    pub(crate) too_deep: Vec<usize>,
}

/// Examines the graph in which node `i` lies in `parents[i]`; at most `limit` parents may lie above one another.
pub(crate) fn nesting(parents: &[Vec<usize>], limit: usize) -> Nesting {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    let mut open: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (child, above) in parents.iter().enumerate() {
        for parent in above {
            if let Some(list) = children.get_mut(*parent) {
                list.push(child);
            }
        }
    }
    let mut depth = vec![0usize; parents.len()];
    let mut ready: Vec<usize> = open.iter().enumerate().filter(|(_, n)| **n == 0).map(|(i, _)| i).collect();
    let mut too_deep = Vec::new();
    while let Some(node) = ready.pop() {
        let here = depth.get(node).copied().unwrap_or_default();
        if here == limit.saturating_add(1) {
            too_deep.push(node);
        }
        for child in children.get(node).into_iter().flatten() {
            if let Some(below) = depth.get_mut(*child) {
                *below = (*below).max(here + 1);
            }
            if let Some(count) = open.get_mut(*child) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*child);
                }
            }
        }
    }
    too_deep.sort_unstable();
    Nesting { cycles: cycles(parents, &open), too_deep }
}

/// The cycles among the nodes that still have open parents: from any of them, going up always leads into one.
fn cycles(parents: &[Vec<usize>], open: &[usize]) -> Vec<Vec<usize>> {
    let is_open = |node: usize| open.get(node).is_some_and(|n| *n > 0);
    // The walk in which a node was met, and its place in that walk.
    let mut met: Vec<Option<(usize, usize)>> = vec![None; parents.len()];
    let mut found = Vec::new();
    for start in (0..parents.len()).filter(|node| is_open(*node)) {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(node) = next {
            let Some(slot) = met.get_mut(node) else { break };
            if let Some((walk, at)) = *slot {
                if walk == start {
                    let mut cycle: Vec<usize> = path.split_off(at);
                    let least = cycle.iter().enumerate().min_by_key(|(_, n)| **n).map_or(0, |(i, _)| i);
                    cycle.rotate_left(least);
                    found.push(cycle);
                }
                break;
            }
            *slot = Some((start, path.len()));
            path.push(node);
            next = parents.get(node).and_then(|above| above.iter().copied().find(|parent| is_open(*parent)));
        }
    }
    found
}

/// `a -> b -> a`; of a long cycle the beginning.
pub(super) fn path<'n>(cycle: &[usize], name: impl Fn(usize) -> &'n str) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<&str> = cycle.iter().take(SHOWN).map(|node| name(*node)).collect();
    if cycle.len() > SHOWN {
        names.push("...");
    }
    names.extend(cycle.first().map(|node| name(*node)));
    names.join(" -> ")
}

#[cfg(test)]
mod tests {
    use super::nesting;

    #[test]
    fn finds_cycles_and_depth() {
        let chain: Vec<Vec<usize>> = (0..100_000usize).map(|i| i.checked_sub(1).into_iter().collect()).collect();
        assert_eq!(nesting(&chain, 64).too_deep, [65]);
        assert_eq!(nesting(&chain, 99_999).too_deep, [0; 0]);
        // 3 hangs below the cycle 1 -> 2 -> 1; 4 lies in itself.
        let knot = nesting(&[vec![], vec![2], vec![1, 0], vec![1], vec![4]], 64);
        assert_eq!(knot.cycles, [vec![1, 2], vec![4]]);
    }
}
