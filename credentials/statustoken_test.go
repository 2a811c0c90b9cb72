package credentials

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did/keys"
)

func tokenEntry(index int64) map[string]any {
	return map[string]any{TokenEntryType: map[string]any{"idx": index, "uri": listURL}}
}

// sdVC makes an SD-JWT VC with a status claim.
func sdVC(t testing.TB, issuer *Issuer, status any) []byte {
	t.Helper()
	claims := map[string]any{"vct": "https://a.example/badge", "name": "Ada"}
	if status != nil {
		claims["status"] = status
	}
	secured, possible := secureAnyway(t, issuer, map[string]any{"claims": claims})
	if !possible {
		t.Fatal("it cannot be made")
	}
	return secured.Body
}

func TestTheStatusClaimOfAnSDJWTVCIsEvaluated(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.ES256)
	v := newVerifier()
	v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
		if q.Entry.Type != TokenEntryType || q.Entry.List != listURL || q.Issuer != issuer.DID {
			t.Errorf("asked for %+v", q)
		}
		if q.Entry.Index == 9 {
			return StatusResult{}, statusError(ProblemStatusRetrieval, errors.New("down"))
		}
		return StatusResult{Value: uint64(q.Entry.Index), Evidence: Evidence{Source: "ledger", Age: q.Entry.Index}, Stale: q.Entry.Index == 0}, nil
	})
	for _, test := range []struct {
		name    string
		status  any
		outcome Outcome
		kind    string
		title   string
	}{
		{"none", nil, Skip, "", ""},
		{"valid", tokenEntry(0), Pass, "", ""},
		{"invalid", tokenEntry(1), Fail, ProblemStatusVerification, "credential is revoked"},
		{"suspended", tokenEntry(2), Fail, ProblemStatusVerification, "credential is suspended"},
		{"what an application means", tokenEntry(3), Fail, ProblemStatusVerification, "credential is not valid (status 0x03)"},
		{"unavailable", tokenEntry(9), Indeterminate, ProblemStatusRetrieval, "status list is not usable"},
		{"another mechanism", map[string]any{"status_assertion": map[string]any{}}, Skip, "", ""},
		{"no object", "revoked", Fail, ProblemMalformed, "malformed value"},
		{"empty", map[string]any{}, Fail, ProblemMalformed, "malformed value"},
		{"no index", map[string]any{TokenEntryType: map[string]any{"uri": listURL}}, Fail, ProblemMalformed, "malformed value"},
		{"negative", tokenEntry(-1), Fail, ProblemMalformed, "malformed value"},
		{"a text", map[string]any{TokenEntryType: map[string]any{"uri": listURL, "idx": "1"}}, Fail, ProblemMalformed, "malformed value"},
		{"beyond 2^53", map[string]any{TokenEntryType: map[string]any{"uri": listURL, "idx": int64(1) << 53}}, Fail, ProblemRange, "status index out of range"},
		{"no URI", map[string]any{TokenEntryType: map[string]any{"uri": "x", "idx": int64(1)}}, Fail, ProblemMalformed, "malformed value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			report := verify(t, v, sdVC(t, issuer, test.status))
			c := want(t, report, CheckStatus, test.outcome, test.kind)
			if c.Problem != nil && c.Problem.Title != test.title {
				t.Errorf("title is %q", c.Problem.Title)
			}
			if stale := len(c.Warnings) == 1 && c.Warnings[0].Title == "status may be out of date"; stale != (test.name == "valid") {
				t.Errorf("warnings are %+v", c.Warnings)
			}
		})
	}
}

func TestStatusIsWrittenInTheWayOfTheForm(t *testing.T) {
	entry := StatusEntry{Type: EntryType, Purpose: "revocation", Index: 7, List: listURL, Size: 2}
	given := map[string]any{"vct": "x", "claims": map[string]any{"name": "Ada"}}
	got, err := FormSDJWTVC.WithStatus(given, []StatusEntry{entry})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"vct": "x", "claims": map[string]any{"name": "Ada", "status": tokenEntry(7)}}, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]any{"vct": "x", "claims": map[string]any{"name": "Ada"}}, given); d != "" {
		t.Error("the input was changed", d)
	}
	for name, bad := range map[string]func() (map[string]any, error){
		"two entries": func() (map[string]any, error) { return FormSDJWTVC.WithStatus(given, []StatusEntry{entry, entry}) },
		"a status of the caller's": func() (map[string]any, error) {
			return FormSDJWTVC.WithStatus(map[string]any{"claims": map[string]any{"status": tokenEntry(1)}}, []StatusEntry{entry})
		},
		"no claims": func() (map[string]any, error) { return FormSDJWTVC.WithStatus(map[string]any{}, []StatusEntry{entry}) },
		"an accreditation": func() (map[string]any, error) {
			return FormSDJWTVC.WithStatus(given, []StatusEntry{{Type: AccreditationEntryType}})
		},
		"a claim in a document": func() (map[string]any, error) {
			return FormJWT.WithStatus(map[string]any{}, []StatusEntry{{Type: TokenEntryType, List: listURL}})
		},
	} {
		if out, err := bad(); err == nil {
			t.Errorf("%s: %v", name, out)
		}
	}
	other := map[string]any{"type": "OtherStatus"}
	for _, before := range []any{nil, other, []any{other}} {
		c := map[string]any{}
		want := any(entry.Value())
		if before != nil {
			c["credentialStatus"], want = before, []any{other, entry.Value()}
		}
		got, err := FormEdDSAJCS.WithStatus(c, []StatusEntry{entry})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got["credentialStatus"]); d != "" {
			t.Error(d)
		}
	}
}

// tokenList is a Token Status List of two bits with entry 1 invalid and entry 2 suspended.
func tokenList(change func(*statuslist.Token)) statuslist.Token {
	list := statuslist.Token{URI: listURL, IssuedAt: noon.Add(-time.Minute), Expires: noon.Add(time.Hour), TTL: time.Minute, Size: 2, Bits: make([]byte, 32)}
	_ = statuslist.Set(list.Bits, 1, 2, 1)
	_ = statuslist.Set(list.Bits, 2, 2, 2)
	if change != nil {
		change(&list)
	}
	return list
}

func tokenOf(t testing.TB, issuer *Issuer, kind string, change func(*statuslist.Token)) []byte {
	t.Helper()
	body, err := issuer.StatusToken(t.Context(), tokenList(change), kind)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestStatusIsReadFromAVerifiedToken(t *testing.T) {
	for _, kind := range []string{statuslist.TokenType, statuslist.TokenCWTType} {
		for _, alg := range FormSDJWTVC.Algorithms() {
			issuer := newIssuer(t, FormSDJWTVC, alg)
			body := tokenOf(t, issuer, kind, nil)
			for index, want := range map[int64]uint64{0: 0, 1: 1, 2: 2, 127: 0} {
				q := StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: TokenEntryType, Index: index, List: listURL}}
				got, err := newVerifier().ListStatus(t.Context(), q, body, 7, nil)
				if err != nil {
					t.Fatal(kind, alg, err)
				}
				if got.Value != want || got.Evidence.Age != 60 || got.Evidence.Source != listURL || got.Evidence.Digest == "" {
					t.Errorf("entry %d: %+v", index, got)
				}
			}
		}
	}
}

// Reliability table 61, 62 and 64 for tokens: what is wrong with one never reads as valid.
func TestBadListTokensFailClosed(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	other := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	for _, kind := range []string{statuslist.TokenType, statuslist.TokenCWTType} {
		good := tokenOf(t, issuer, kind, nil)
		tampered := append([]byte(nil), good...)
		tampered[len(tampered)-4] ^= 1
		forged := *other
		forged.DID, forged.Method = issuer.DID, issuer.Method
		for _, test := range []struct {
			name    string
			index   int64
			body    []byte
			problem string
		}{
			{"index at the end", 128, good, ProblemRange},
			{"tampered", 0, tampered, ProblemStatusVerification},
			{"another list", 0, tokenOf(t, issuer, kind, func(l *statuslist.Token) { l.URI += "x" }), ProblemStatusVerification},
			{"another issuer's", 0, tokenOf(t, other, kind, nil), ProblemStatusVerification},
			{"another key", 0, tokenOf(t, &forged, kind, nil), ProblemStatusVerification},
			{"says another issuer", 0, tokenOf(t, issuer, kind, func(l *statuslist.Token) { l.Issuer = other.DID.String() }), ProblemStatusVerification},
			{"expired", 0, tokenOf(t, issuer, kind, func(l *statuslist.Token) { l.Expires = noon }), ProblemStatusVerification},
			{"not yet", 0, tokenOf(t, issuer, kind, func(l *statuslist.Token) { l.IssuedAt = noon.Add(time.Hour) }), ProblemStatusVerification},
			{"empty", 0, nil, ProblemStatusVerification},
			{"garbage", 0, []byte("garbage"), ProblemStatusVerification},
			{"a credential", 0, []byte(issue(t, &Issuer{DID: issuer.DID, Method: issuer.Method, Form: FormJWT, Signer: issuer.Signer, Now: clock}, degree(issuer.DID, nil)).Compact), ProblemStatusVerification},
		} {
			q := StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: TokenEntryType, Index: test.index, List: listURL}}
			got, err := newVerifier().ListStatus(t.Context(), q, test.body, 0, nil)
			if p, ok := errors.AsType[*ProblemError](err); !ok || p.Problem.Type != test.problem {
				t.Errorf("%s %s: %+v, %v", kind, test.name, got, err)
			}
		}
		q := StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: TokenEntryType, List: listURL}}
		v := newVerifier()
		v.Resolver = nil
		if _, err := v.ListStatus(t.Context(), q, good, 0, nil); StatusError(err).Problem.Type != ProblemStatusRetrieval {
			t.Errorf("issuer unavailable: %v", err)
		}
		q.At = noon.Add(-time.Hour)
		if _, err := newVerifier().ListStatus(t.Context(), q, good, 0, nil); StatusError(err).Problem.Type != ProblemStatusRetrieval {
			t.Errorf("a list of another time: %v", err)
		}
	}
}

// Reliability table 34: a token of another typ is no list, and a list no credential.
func TestTokensOfListsAndCredentialsAreNotConfused(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	list := tokenList(nil)
	claims, err := list.Claims()
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{"vc+jwt", "dc+sd-jwt", "JWT", "kb+jwt", ""} {
		compact, err := jose.Sign(t.Context(), claims, issuer.Signer, jose.SignOptions{Type: typ, KeyID: issuer.Method})
		if err != nil {
			t.Fatal(err)
		}
		q := StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: TokenEntryType, List: listURL}}
		if got, err := newVerifier().ListStatus(t.Context(), q, []byte(compact), 0, nil); err == nil {
			t.Errorf("typ %q: %+v", typ, got)
		}
	}
	quoted, _ := json.Marshal(string(tokenOf(t, issuer, statuslist.TokenType, nil)))
	wantDecision(t, verify(t, newVerifier(), quoted), Reject)
}

func TestAStatusTokenNeedsAKeyOfItsIssuer(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	foreign := *issuer
	foreign.Method = strings.Replace(issuer.Method, "did:key:", "did:key:x", 1)
	for name, i := range map[string]*Issuer{"no signer": {DID: issuer.DID, Method: issuer.Method}, "a foreign method": &foreign} {
		if _, err := i.StatusToken(t.Context(), tokenList(nil), statuslist.TokenType); !errors.Is(err, ErrIssuer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := issuer.StatusToken(t.Context(), tokenList(nil), "vc+jwt"); !errors.Is(err, ErrIssuer) {
		t.Errorf("another kind: %v", err)
	}
}
