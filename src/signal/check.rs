//! Is this token still good?

use super::register::{AccountState, State};
use super::revocations::Revocations;
use super::subject::Name;
use crate::time::{Duration, Timestamp};

/// What is known about a token, or a grant, that is to be used now.
#[derive(Clone, Copy, Debug)]
pub struct TokenFacts<'a> {
    /// Every name that it hangs from: the token's own id, its session, its device; the subject and every actor, each also by the
    /// other names that the host knows (e-mail address, blueprint, parent agent); tenant and groups.
    pub names: &'a [Name<'a>],
    /// When it was issued; unknown counts as before everything.
    pub issued_at: Option<Timestamp>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Whether the client can answer a challenge with a fresh token (Microsoft Entra: `xms_cc` contains `cp1`).
    pub answers_challenges: bool,
}

/// Bounds of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckPolicy {
    /// How long a feed may be silent before nothing is known any more. `None`: feeds are not watched.
    pub max_silence: Option<Duration>,
    /// How far ahead an issuer's clock may be. One minute.
    pub skew: Duration,
    /// How old any token may be, whatever it says itself. 28 hours: the longest that Microsoft Entra issues.
    pub longest_life: Duration,
}

impl Default for CheckPolicy {
    fn default() -> Self {
        Self { max_silence: None, skew: seconds(60), longest_life: seconds(28 * 3_600) }
    }
}

pub(super) fn seconds(count: i64) -> Duration {
    Duration::from_parts(count, 0).unwrap_or(Duration::MAX)
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It has ended, or is older than any token may be.
    Expired,
    /// It was issued before, or in the same second as, a revocation.
    RevokedAfterIssue,
    /// Its issuer's clock is ahead, or it is forged.
    IssuedInFuture,
    /// The account is disabled.
    Disabled,
    /// The account is gone.
    Purged,
    /// The kill switch is on.
    Contained,
    /// A feed has been silent for too long.
    SignalsStale,
    /// More was revoked than can be kept.
    Saturated,
}

impl Reason {
    /// Its stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::RevokedAfterIssue => "revoked_after_issue",
            Self::IssuedInFuture => "issued_in_future",
            Self::Disabled => "account_disabled",
            Self::Purged => "account_purged",
            Self::Contained => "contained",
            Self::SignalsStale => "signals_stale",
            Self::Saturated => "revocations_saturated",
        }
    }
}

/// The answer. [`Verdict::Challenge`] is worth a retry with a fresh token; [`Verdict::Deny`] is not, and an agent that retries it
/// loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Allow,
    /// Authenticate again and come back.
    Challenge(Challenge),
    /// No.
    Deny(Reason),
}

/// What a fresh token must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// It must be issued no earlier.
    pub min_iat: Timestamp,
    /// Why.
    pub reason: Reason,
}

impl Challenge {
    /// The claims request (OpenID Connect Core section 5.5) that makes an issuer give a token this fresh.
    #[must_use]
    pub fn claims(&self) -> String {
        let value = self.min_iat.seconds();
        format!(r#"{{"access_token":{{"nbf":{{"essential":true,"value":"{value}"}}}}}}"#)
    }

    /// The value of a `WWW-Authenticate` header for a 401 answer.
    #[must_use]
    pub fn www_authenticate(&self) -> String {
        format!(r#"Bearer error="insufficient_claims", claims="{}""#, base64url(self.claims().as_bytes()))
    }
}

/// RFC 4648 section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        // One byte gives two characters, two give three, three give four.
        for place in 0..=group.len() {
            let index = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(ALPHABET.get(index as usize).copied().unwrap_or(b'A')));
        }
    }
    text
}

impl Revocations {
    /// Checks a token at `now`. A few lookups per name; allocates nothing.
    #[must_use]
    pub fn check(&self, token: &TokenFacts<'_>, now: Timestamp, policy: &CheckPolicy) -> Verdict {
        if self.is_saturated() {
            return Verdict::Deny(Reason::Saturated);
        }
        if policy.max_silence.is_some_and(|longest| self.is_stale(now, longest, policy.skew)) {
            return Verdict::Deny(Reason::SignalsStale);
        }
        if token.issued_at.is_some_and(|iat| iat.since(now) > policy.skew) {
            return Verdict::Deny(Reason::IssuedInFuture);
        }
        let mut found = Found { token, now, policy, deny: None, challenge: None };
        found.lifetime();
        self.floor().into_iter().for_each(|cut| found.cut(cut));
        self.states(token.names).for_each(|state| found.judge(state));
        found.verdict()
    }

    /// Whether a grant still counts: as a token that was issued when the grant was given, and that nothing can refresh.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check_grant(
        &self,
        holder: &[Name<'_>],
        given_at: Timestamp,
        now: Timestamp,
        policy: &CheckPolicy,
    ) -> Result<(), Reason> {
        // Grants may outlive any token.
        let policy = CheckPolicy { longest_life: Duration::MAX, ..*policy };
        let token = TokenFacts { names: holder, issued_at: Some(given_at), expires: None, answers_challenges: false };
        match self.check(&token, now, &policy) {
            Verdict::Allow => Ok(()),
            Verdict::Challenge(Challenge { reason, .. }) | Verdict::Deny(reason) => Err(reason),
        }
    }
}

/// The worst that has been found so far.
struct Found<'a> {
    token: &'a TokenFacts<'a>,
    now: Timestamp,
    policy: &'a CheckPolicy,
    deny: Option<Reason>,
    challenge: Option<Challenge>,
}

impl Found<'_> {
    fn deny(&mut self, reason: Reason) {
        self.deny = self.deny.max(Some(reason));
    }

    fn challenge(&mut self, min_iat: Timestamp, reason: Reason) {
        // A token as fresh as that does not exist yet: the client would only come back again and again.
        let ahead = min_iat.since(self.now) > self.policy.skew;
        if ahead || !self.token.answers_challenges {
            return self.deny(reason);
        }
        match &mut self.challenge {
            Some(challenge) if challenge.min_iat >= min_iat => {}
            other => *other = Some(Challenge { min_iat, reason }),
        }
    }

    fn lifetime(&mut self) {
        let ended = self.token.expires.is_some_and(|end| end <= self.now);
        let old = self.token.issued_at.is_some_and(|iat| self.now.since(iat) >= self.policy.longest_life);
        if ended || old {
            self.challenge(self.now, Reason::Expired);
        }
    }

    fn is_cut(&self, at: Timestamp) -> bool {
        // Times of tokens are whole seconds: one of the same second may be older.
        self.token.issued_at.is_none_or(|iat| iat <= at)
    }

    fn cut(&mut self, cut: super::register::Cut) {
        if self.is_cut(cut.at) {
            let next = Timestamp::new(cut.at.seconds().saturating_add(1), 0).unwrap_or(Timestamp::MAX);
            self.challenge(next, cut.reason);
        }
    }

    fn judge(&mut self, state: &State) {
        let after_issue = |found: &Self, at, reason| if found.is_cut(at) { Reason::RevokedAfterIssue } else { reason };
        if state.contained.is_some_and(|contained| contained.value) {
            self.deny(Reason::Contained);
        }
        match state.account {
            Some(account) if account.value == AccountState::Disabled => {
                let reason = after_issue(self, account.at, Reason::Disabled);
                self.deny(reason);
            }
            Some(account) if account.value == AccountState::Purged => {
                let reason = after_issue(self, account.at, Reason::Purged);
                self.deny(reason);
            }
            Some(_) | None => {}
        }
        if let Some(cut) = state.cut {
            self.cut(cut);
        }
    }

    fn verdict(self) -> Verdict {
        match (self.deny, self.challenge) {
            (Some(reason), _) => Verdict::Deny(reason),
            (None, Some(challenge)) => Verdict::Challenge(challenge),
            (None, None) => Verdict::Allow,
        }
    }
}
