//! Chains from verified claims: who acts, for whom, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test that goes wrong should stop where it does")]

use placet::Limits;
use placet::delegation::*;
use placet::time::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(claims: Value, profile: Profile) -> Result<Delegation, ClaimError> {
    let claims = VerifiedClaims::assert_verified(claims.as_object().unwrap().clone());
    from_claims(&claims, profile, &Limits::default())
}

fn oauth(claims: Value) -> Result<Delegation, ClaimError> {
    read(claims, Profile::OAuth)
}

fn entra(claims: Value) -> Result<Delegation, ClaimError> {
    read(claims, Profile::Entra)
}

fn ids(delegation: &Delegation) -> Vec<&str> {
    delegation.actors.iter().map(|actor| actor.id.as_str()).collect()
}

#[test]
fn actors_are_read_outermost_first() {
    let delegation = oauth(json!({
        "iss": "https://idp", "sub": "ada", "sub_profile": "user",
        "act": {
            "iss": "https://other", "sub": "planner", "sub_profile": "ai_agent", "client_id": "planner-client",
            "act": {"sub": "spiffe://td.example/tool"},
        },
    }))
    .unwrap();
    assert_eq!(delegation.mode, AccessMode::OnBehalfOf);
    assert_eq!(delegation.subject.kind, Kind::User);
    assert_eq!(ids(&delegation), ["planner", "spiffe://td.example/tool"]);
    let [outer, inner] = delegation.actors.as_slice() else { unreachable!("two actors") };
    assert_eq!((outer.issuer.as_deref(), outer.client.as_deref()), (Some("https://other"), Some("planner-client")));
    assert_eq!(outer.kind, Kind::Agent);
    // Whoever does not say who names it is named by the token's issuer.
    assert_eq!((inner.issuer.as_deref(), &inner.kind), (Some("https://idp"), &Kind::Workload));
}

#[test]
fn no_act_is_a_direct_call_unless_the_client_acts() {
    let claims = json!({"iss": "i", "sub": "ada", "client_id": "bot"});
    let direct = oauth(claims.clone()).unwrap();
    assert_eq!((direct.mode, direct.actors.len()), (AccessMode::OwnIdentity, 0));
    assert_eq!(direct.client.as_deref(), Some("bot"));
    assert_eq!(direct.subject.kind.type_name(), None, "the token does not say what the subject is");
    let through = read(claims, Profile::OAuthClientActs).unwrap();
    assert_eq!((through.mode, ids(&through)), (AccessMode::OnBehalfOf, vec!["bot"]));
    let itself = read(json!({"iss": "i", "sub": "bot", "azp": "bot"}), Profile::OAuthClientActs).unwrap();
    assert_eq!(itself.mode, AccessMode::OwnIdentity);
}

#[test]
fn what_is_not_understood_is_refused() {
    let error = |claims: Value| oauth(claims).unwrap_err().to_string();
    for (claims, wanted) in [
        (json!({}), "the claim `sub` is missing"),
        (json!({"sub": ""}), "the claim `sub` must be a text that is not empty"),
        (json!({"sub": 7}), "the claim `sub` must be a text that is not empty"),
        (json!({"sub": "a", "act": "b"}), "the claim `act` must be an object"),
        (json!({"sub": "a", "act": {}}), "the claim `act.sub` is missing"),
        (json!({"sub": "a", "act": {"sub": "b", "act": []}}), "the claim `act` must be an object"),
        (
            json!({"sub": "a", "act": {"sub": "b", "may": 1}}),
            "`act` has the member `may`, which is not known; `iss`, `sub`, `sub_profile`, `client_id` and `act` are",
        ),
        (json!({"sub": "a", "act": {"sub": "a"}}), "`a` occurs twice in the delegation chain"),
        (
            json!({"sub": "a", "act": {"sub": "b", "act": {"sub": "c", "act": {"sub": "b"}}}}),
            "`b` occurs twice in the delegation chain",
        ),
        (
            json!({"sub": "a", "act": {"sub": "../b"}}),
            "the claim `act.sub` is no id: an id must not contain the segments `.` or `..`; write the path that is meant",
        ),
        (json!({"sub": "a", "cnf": {}}), "the claim `cnf` must be an object that names a key"),
        (
            json!({"sub": "a", "client_id": "x", "azp": "y"}),
            "the claims contradict each other: `client_id`, `azp` and `appid` name different clients",
        ),
        (json!({"sub": "a", "auth_time": "yesterday"}), "the claim `auth_time` must be a number of seconds since 1970"),
        (json!({"sub": "a", "authorization_details": [{}]}), "the claim `authorization_details.type` is missing"),
        (json!({"sub": "a", "amr": [1]}), "the claim `amr` must be a list of texts"),
    ] {
        assert_eq!(error(claims.clone()), wanted, "{claims}");
    }
    // The same id of another issuer is somebody else.
    assert!(oauth(json!({"iss": "i", "sub": "a", "act": {"iss": "j", "sub": "a"}})).is_ok());
}

#[test]
fn chains_are_bounded() {
    let chain =
        |depth: usize| (1..depth).fold(json!({"sub": "a0"}), |inner, n| json!({"sub": format!("a{n}"), "act": inner}));
    let most = Limits::default().chain_depth;
    assert!(oauth(json!({"sub": "s", "act": chain(most)})).is_ok());
    let error = oauth(json!({"sub": "s", "act": chain(most + 1)})).unwrap_err();
    assert_eq!(error, ClaimError::TooDeep { limit: most });
}

#[test]
fn facts_of_the_token() {
    let delegation = oauth(json!({
        "iss": "https://idp", "sub": "ada", "jti": "t1", "aud": ["api", "other"], "iat": 100, "exp": 3700.5, "sid": "s1",
        "txn": "x", "scope": "mail.read files.read", "acr": "aal2", "amr": ["pwd", "mfa"], "auth_time": 90,
        "cnf": {"jkt": "k"},
        "authorization_details": [{"type": "payment", "actions": ["pay"], "limit": {"eur": 5}}],
    }))
    .unwrap();
    let facts = &delegation.authentication;
    assert_eq!(facts.scopes.as_deref(), Some(&["mail.read".to_owned(), "files.read".to_owned()][..]));
    assert_eq!((facts.mfa, facts.sender_constrained), (Some(true), true));
    assert_eq!(facts.time, Timestamp::new(90, 0));
    assert_eq!(delegation.token.expires, Timestamp::new(3_700, 0));
    assert_eq!(delegation.token.audiences, ["api", "other"]);
    let [detail] = delegation.authorization_details.as_slice() else { unreachable!("one detail") };
    assert_eq!((detail.kind.as_str(), detail.actions.as_deref()), ("payment", Some(&["pay".to_owned()][..])));
    assert_eq!(detail.other.get("limit"), Some(&json!({"eur": 5})));

    let silent = oauth(json!({"sub": "ada"})).unwrap().authentication;
    assert_eq!((silent.mfa, silent.scopes, silent.sender_constrained), (None, None, false));
    // One factor named is one factor, even if it is a strong one.
    assert_eq!(oauth(json!({"sub": "ada", "amr": ["hwk", "pin"]})).unwrap().authentication.mfa, Some(false));
}

#[test]
fn the_three_modes_of_entra() {
    let agent =
        json!({"oid": "bot", "idtyp": "app", "azp": "bot", "xms_act_fct": "9 11 99", "xms_sub_fct": "11", "scp": "/"});
    let own = entra(agent).unwrap();
    assert_eq!((own.mode, &own.subject.kind, own.actors.len()), (AccessMode::OwnIdentity, &Kind::Agent, 0));
    assert_eq!(own.authentication.scopes.as_deref(), Some(&[][..]), "`/` is no scope");

    let for_user = entra(json!({
        "oid": "ada", "idtyp": "user", "azp": "bot", "xms_act_fct": "11", "xms_sub_fct": "1", "xms_par_app_azp": "bp",
        "scp": "Mail.Read",
    }))
    .unwrap();
    assert_eq!((for_user.mode, &for_user.subject.kind), (AccessMode::OnBehalfOf, &Kind::User));
    assert_eq!(ids(&for_user), ["bot"]);
    assert_eq!(for_user.record_only.parent_blueprint.as_deref(), Some("bp"));

    let as_user = json!({"oid": "bot-user", "idtyp": "user", "azp": "bot", "xms_act_fct": "11", "xms_sub_fct": "13"});
    let as_user = entra(as_user).unwrap();
    assert_eq!((as_user.mode, &as_user.subject.kind), (AccessMode::AsAgentUser, &Kind::AgentUser));
    assert_eq!(ids(&as_user), ["bot"]);

    let person = entra(json!({"oid": "ada", "idtyp": "user", "azp": "web"})).unwrap();
    assert_eq!((person.mode, &person.subject.kind, person.actors.len()), (AccessMode::OwnIdentity, &Kind::User, 0));
    let workload = entra(json!({"oid": "job", "idtyp": "app", "appid": "job"})).unwrap();
    assert_eq!((workload.mode, &workload.subject.kind), (AccessMode::OwnIdentity, &Kind::Workload));
}

#[test]
fn contradictions_of_entra_are_errors() {
    for claims in [
        json!({"oid": "a", "azp": "b", "xms_act_fct": "11"}),
        json!({"idtyp": "user", "azp": "b"}),
        json!({"oid": "a", "idtyp": "device"}),
        json!({"oid": "a", "idtyp": "user", "xms_act_fct": "11"}),
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_sub_fct": "13"}),
        json!({"oid": "a", "idtyp": "app", "azp": "b", "xms_sub_fct": "11"}),
        json!({"oid": "a", "idtyp": "app", "azp": "b", "xms_act_fct": "11"}),
        json!({"oid": "a", "idtyp": "app", "azp": "b", "xms_act_fct": "11", "xms_sub_fct": "13"}),
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_act_fct": "11", "xms_sub_fct": "11"}),
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_act_fct": "11", "xms_sub_fct": "11 13"}),
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_act_fct": "11;13"}),
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_act_fct": 11}),
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_act_fct": "11", "act": {"sub": "c"}}),
    ] {
        assert!(entra(claims.clone()).is_err(), "{claims}");
    }
    let with_act =
        json!({"oid": "a", "idtyp": "user", "azp": "b", "xms_act_fct": "11", "act": {"sub": "b", "act": {"sub": "c"}}});
    assert_eq!(ids(&entra(with_act).unwrap()), ["b", "c"]);
}

#[test]
fn rules_on_the_parent_blueprint_are_linted() {
    assert_eq!(lint_rule("allow if parent==blueprint1"), Some(LintWarning::ParentBlueprint));
    assert_eq!(lint_rule("token.xms_par_app_azp == 'x'"), Some(LintWarning::ParentBlueprint));
    assert_eq!(lint_rule("agent.transparent == true"), None);
    assert_eq!(lint_rule("allow if azp == agentB"), None);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop_oneof![Just("11"), Just("13"), Just("app"), Just("user"), Just("a"), Just("ai_agent")]
            .prop_map(Value::from),
    ];
    let names = prop_oneof![
        Just("sub"),
        Just("act"),
        Just("iss"),
        Just("client_id"),
        Just("azp"),
        Just("oid"),
        Just("idtyp"),
        Just("cnf"),
        Just("xms_act_fct"),
        Just("xms_sub_fct"),
        Just("aud"),
        Just("iat"),
        Just("scope"),
        Just("type"),
        Just("amr"),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..8)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    /// Nothing panics, and what is read keeps the promises of [`Delegation`].
    #[test]
    fn any_claims_are_read_or_refused(claims in any_json(), entra in any::<bool>()) {
        let Value::Object(claims) = claims else { return Ok(()) };
        let profile = if entra { Profile::Entra } else { Profile::OAuthClientActs };
        if let Ok(read) = from_claims(&VerifiedClaims::assert_verified(claims), profile, &Limits::default()) {
            prop_assert!(read.actors.len() <= Limits::default().chain_depth);
            prop_assert_eq!(read.mode == AccessMode::OwnIdentity, read.actors.is_empty());
            let mut links = vec![&read.subject];
            links.extend(&read.actors);
            let mut seen: Vec<_> = links.iter().map(|link| (&link.issuer, &link.id)).collect();
            seen.sort();
            seen.dedup();
            prop_assert_eq!(seen.len(), links.len());
        }
    }
}

/// Policies can bound how deep a chain is, whom it trusts, loops, proof of possession, and the age of the authentication; and the
/// explanation says which link is refused.
#[test]
fn policies_bound_chains() {
    use placet::{Engine, Link, Request, Target, document, fact::slot};
    let policy = "
version: 1
issuers: [\"https://idp\"]
users: [{id: ada}]
agents: [{id: planner, sponsor: ada}, {id: writer, sponsor: ada}, {id: mailer, sponsor: ada}]
rules:
  - {id: all, effect: permit, action: read}
  - {id: short, effect: forbid, when: delegation.depth > 2}
  - {id: straight, effect: forbid, when: 'delegation.actors.distinct() != delegation.actors || subject.id in delegation.actors'}
  - {id: bound, effect: require, subject: {type: agent}, require: {control: sender_constrained}}
  - {id: fresh, effect: require, subject: {type: user}, require: {control: fresh_authentication, max_age: 1h}}
  - {id: no-mailer, effect: forbid, subject: {agent: mailer}}
";
    let engine = Engine::of(&document::load([("p.yaml", policy)], &Limits::default()).unwrap());
    let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let link = |id: &'static str| Link::agent(id).issued_by("https://idp");
    let through = |actors: &[&'static str]| {
        let mut request =
            Request::new(Link::user("ada").issued_by("https://idp"), "read", Target::new("page", "home")).at(now);
        for actor in actors {
            request = request.actor(link(actor));
        }
        request
            .fact(slot::AUTHENTICATION_SENDER_CONSTRAINED, true)
            .fact(slot::AUTHENTICATION_TIME, "2026-11-24T09:30:00Z")
    };
    let said = |request: &Request<'_>| {
        let decision = engine.decide(request);
        let reasons =
            decision.reasons().map(|reason| reason.rule.map_or(reason.code.to_string(), |rule| rule.id().to_owned()));
        reasons.chain([decision.verdict().name().to_owned()]).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(said(&through(&["planner", "writer"])), "allow");
    assert_eq!(said(&through(&["planner", "writer", "planner"])), "short straight deny");
    assert_eq!(said(&through(&["planner", "planner"])), "straight deny");
    let stranger = through(&["planner"]).actor(Link::agent("writer").issued_by("https://elsewhere"));
    assert_eq!(said(&stranger), "identity.unknown_issuer deny");
    assert_eq!(said(&through(&["planner"]).fact(slot::AUTHENTICATION_SENDER_CONSTRAINED, false)), "step_up");
    assert_eq!(said(&through(&["planner"]).fact(slot::AUTHENTICATION_TIME, "2026-11-24T08:30:00Z")), "step_up");
    let explanation = engine.explain(&through(&["planner", "mailer"]));
    let links: Vec<&str> =
        explanation.layers.iter().flat_map(|layer| &layer.objections).map(|o| o.link.as_str()).collect();
    assert_eq!(links, ["agent mailer"]);
}
