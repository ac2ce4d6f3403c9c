//! The verified claims, and the facts that are read from them one by one.

use serde_json::{Map, Value};

use super::{ClaimError, Profile};
use crate::time::Timestamp;

/// The claims of a token that the host has verified.
///
/// The only way to make one is [`VerifiedClaims::assert_verified`]. There is no `Deserialize` and no `From`, on purpose.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedClaims(Map<String, Value>);

impl VerifiedClaims {
    /// The host vouches that it has checked, for the token that these claims come from: the signature, by a key of an issuer
    /// that it trusts for this tenant; audience, expiry and not-before; token type; the proof of possession, if the token has
    /// a `cnf`; and that no member occurs twice in the JSON text.
    #[must_use]
    pub const fn assert_verified(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// A claim, null counting as absent.
    pub(super) fn get(&self, claim: &str) -> Option<&Value> {
        self.0.get(claim).filter(|value| !value.is_null())
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &'static str) -> Result<Option<&str>, ClaimError> {
        text(self.get(claim), claim)
    }

    /// A claim that is a text or a list of texts.
    fn texts(&self, claim: &'static str) -> Result<Option<Vec<String>>, ClaimError> {
        match self.get(claim) {
            Some(Value::String(one)) => Ok(Some(vec![one.clone()])),
            other => list(other, claim),
        }
    }

    /// A claim of texts separated by spaces, or a list of such (RFC 6749 section 3.3; some issuers write lists).
    fn words(&self, claim: &'static str) -> Result<Option<Vec<String>>, ClaimError> {
        let words = self.texts(claim)?;
        let split =
            |texts: Vec<String>| texts.iter().flat_map(|t| t.split_ascii_whitespace()).map(str::to_owned).collect();
        Ok(words.map(split))
    }

    /// A claim that is a NumericDate (RFC 7519 section 2); parts of a second are dropped.
    fn time(&self, claim: &'static str) -> Result<Option<Timestamp>, ClaimError> {
        let Some(value) = self.get(claim) else { return Ok(None) };
        let wanted = "a number of seconds since 1970";
        // Beyond 2^53 a float is no exact count of seconds, and no date either.
        let whole = value.as_i64().or_else(|| value.as_f64().filter(|f| f.abs() < 9e15).map(|f| f.floor() as i64));
        let time = whole.and_then(|seconds| Timestamp::new(seconds, 0));
        time.map(Some).ok_or(ClaimError::Malformed { claim, wanted })
    }

    /// The OAuth client. RFC 9068 says `client_id`, OpenID Connect `azp`, Entra's older tokens `appid`; several must agree.
    pub(super) fn client(&self) -> Result<Option<String>, ClaimError> {
        let named = [self.text("client_id")?, self.text("azp")?, self.text("appid")?];
        let mut named = named.into_iter().flatten();
        let first = named.next();
        if named.any(|other| Some(other) != first) {
            return Err(ClaimError::Contradiction { what: "`client_id`, `azp` and `appid` name different clients" });
        }
        Ok(first.map(str::to_owned))
    }

    pub(super) fn token(&self) -> Result<Token, ClaimError> {
        let owned = |claim| self.text(claim).map(|text| text.map(str::to_owned));
        Ok(Token {
            id: owned("jti")?,
            issuer: owned("iss")?,
            audiences: self.texts("aud")?.unwrap_or_default(),
            issued_at: self.time("iat")?,
            not_before: self.time("nbf")?,
            expires: self.time("exp")?,
            transaction: owned("txn")?,
            session: owned("sid")?,
            tenant: match owned("tid")? {
                Some(tenant) => Some(tenant),
                None => owned("tenant")?,
            },
        })
    }

    pub(super) fn authentication(&self, profile: Profile) -> Result<Authentication, ClaimError> {
        let methods = self.texts("amr")?;
        let scopes = match (profile, self.words("scp")?) {
            (_, Some(scopes)) => Some(scopes),
            (Profile::OAuth | Profile::OAuthClientActs, None) => self.words("scope")?,
            (Profile::Entra, None) => None,
        };
        let no_scope = |scope: &String| profile != Profile::Entra || scope != "/";
        Ok(Authentication {
            // RFC 8176: the issuer itself says that several factors were used. It is not guessed from the methods.
            mfa: methods.as_ref().map(|methods| methods.iter().any(|method| method == "mfa")),
            methods,
            strength: self.text("acr")?.map(str::to_owned),
            time: self.time("auth_time")?,
            scopes: scopes.map(|scopes| scopes.into_iter().filter(no_scope).collect()),
            roles: self.texts("roles")?,
            sender_constrained: self.sender_constrained()?,
        })
    }

    /// RFC 7800: a `cnf` that names no key confirms nothing, and one that is not understood is not to be trusted.
    fn sender_constrained(&self) -> Result<bool, ClaimError> {
        const KEYS: [&str; 5] = ["x5t#S256", "jkt", "jwk", "jwe", "kid"];
        match self.get("cnf") {
            None => Ok(false),
            Some(Value::Object(members)) if KEYS.iter().any(|key| members.contains_key(*key)) => Ok(true),
            Some(_) => Err(ClaimError::Malformed { claim: "cnf", wanted: "an object that names a key" }),
        }
    }
}

/// Facts `authentication.*`; `None` where the token says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// Methods used (`amr`).
    pub methods: Option<Vec<String>>,
    /// Whether the issuer says that several factors were used.
    pub mfa: Option<bool>,
    /// Assurance class (`acr`).
    pub strength: Option<String>,
    /// When the subject authenticated (`auth_time`).
    pub time: Option<Timestamp>,
    /// Scopes (`scope`, `scp`).
    pub scopes: Option<Vec<String>>,
    /// Application roles (`roles`).
    pub roles: Option<Vec<String>>,
    /// Whether the token is bound to its sender (`cnf`). That the sender holds the key is the host's to check.
    pub sender_constrained: bool,
}

/// Facts of the token itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// `jti`.
    pub id: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
    /// `aud`.
    pub audiences: Vec<String>,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `nbf`.
    pub not_before: Option<Timestamp>,
    /// `exp`.
    pub expires: Option<Timestamp>,
    /// `txn`.
    pub transaction: Option<String>,
    /// `sid`.
    pub session: Option<String>,
    /// `tid`, or `tenant`.
    pub tenant: Option<String>,
}

/// A text that is not empty.
pub(super) fn text<'v>(value: Option<&'v Value>, claim: &'static str) -> Result<Option<&'v str>, ClaimError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(ClaimError::Malformed { claim, wanted: "a text that is not empty" }),
    }
}

/// A list of texts.
pub(super) fn list(value: Option<&Value>, claim: &'static str) -> Result<Option<Vec<String>>, ClaimError> {
    let malformed = || ClaimError::Malformed { claim, wanted: "a list of texts" };
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            let texts = items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            texts.map(Some).ok_or_else(malformed)
        }
        Some(_) => Err(malformed()),
    }
}
