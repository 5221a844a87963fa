//! What the system allows a process: so many open files, sockets included.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process, and those that it starts, open as many files as it may
/// without being root; gives back how many that are, if there is a limit.
///
/// Shells and service managers begin with a limit of 1,024, for programs that
/// use `select`. This one does not, and a large meeting has more people.
pub fn open_all_files() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return current;
    }
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, all) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, "the number of open files stays limited");
            current
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_the_limit_is_the_highest_that_is_allowed() {
        let allowed = open_all_files();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!((current, allowed), (maximum, maximum));
    }
}
