package issuance_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
)

// once accredits, and does something when it was asked for the first time: while the first status list is still to be made.
type once struct {
	after func()
	asked int
	then  bool // what it says afterwards
}

func (o *once) Accredited(context.Context, credentials.TrustQuery) (credentials.TrustResult, error) {
	if o.asked++; o.asked == 1 {
		o.after()
		return credentials.TrustResult{Accredited: true}, nil
	}
	return credentials.TrustResult{Accredited: o.then}, nil
}

// An issuance that waits for the ledger signs by what holds when the waiting is over.
func TestWhatChangesWhileAnIssuanceWaitsIsHeeded(t *testing.T) {
	for name, test := range map[string]struct {
		change func(testing.TB, *center, *issuance.Service)
		then   bool
		reason error
	}{
		"nothing":                      {func(testing.TB, *center, *issuance.Service) {}, true, nil},
		"the accreditation is revoked": {func(testing.TB, *center, *issuance.Service) {}, false, issuance.ErrNotAccredited},
		"the template is deleted": {func(t testing.TB, _ *center, s *issuance.Service) {
			must(t, s.DeleteTemplate(context.Background(), "demo", "degree"))
		}, true, issuance.ErrNotFound},
		"the template wants another claim": {func(t testing.TB, _ *center, s *issuance.Service) {
			one := degrees()
			one.Accreditation = true
			one.Claims = append(one.Claims, issuance.TemplateClaim{Path: "/grade", Required: true})
			_, err := s.PutTemplate(context.Background(), one)
			must(t, err)
		}, true, issuance.ErrInvalid},
		"the issuer makes another form": {func(t testing.TB, c *center, s *issuance.Service) {
			i := c.issuers[0]
			i.Form = credentials.FormSDJWTVC
			must(t, s.PutIssuer(context.Background(), i))
		}, true, issuance.ErrRequest},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCenter(t)
			trust := &once{then: test.then}
			c.options.Trust = trust
			store := sqlite{}.Open(t, c.place)
			s := c.startOver(t, store)
			trust.after = func() { test.change(t, c, s) }
			one := degrees()
			one.Accreditation = true
			_, err := s.PutTemplate(t.Context(), one)
			must(t, err)
			_, err = s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
			records, lookup := store.Records(t.Context(), "urn:uuid:7")
			must(t, lookup)
			if test.reason == nil {
				must(t, err)
				same(t, len(records), 1)
				return
			}
			want(t, err, test.reason)
			same(t, len(records), 0)
		})
	}
}

// A template outlives a change of its issuer, and does not make what it was not checked for.
func TestATemplateThatDoesNotSuitItsIssuerAnyMoreIssuesNothing(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for _, purposes := range [][]string{nil, {"none"}} {
		one := degrees()
		one.Purposes = purposes
		_, err := s.PutTemplate(t.Context(), one)
		must(t, err)
	}
	i := c.issuers[0]
	i.Form = credentials.FormSDJWTVC
	must(t, s.PutIssuer(t.Context(), i))
	_, err := s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
	refused(t, err, issuance.ErrRequest, "/options/template")

	diploma := issuance.Template{Name: "token", Issuer: "demo", VCT: "https://center.example/types/degree"}
	_, err = s.PutTemplate(t.Context(), diploma)
	must(t, err)
	must(t, s.PutIssuer(t.Context(), c.issuers[0]))
	_, err = s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "token"})
	refused(t, err, issuance.ErrRequest, "/options/template")
	_, err = s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
	must(t, err)
}

func refused(t testing.TB, err, reason error, pointer string) {
	t.Helper()
	want(t, err, reason)
	refusal, ok := errors.AsType[*issuance.Refusal](err)
	if !ok || refusal.Pointer != pointer {
		t.Errorf("pointer of %v, want %q", err, pointer)
	}
}

// broken is a store that cannot be written while down is set.
type broken struct {
	issuance.Store
	down bool
}

func (b *broken) PutIssuer(ctx context.Context, i issuance.Issuer) error {
	if b.down {
		return errors.New("no space left on device")
	}
	return b.Store.PutIssuer(ctx, i)
}

func TestAnIssuerThatCannotBeStoredStaysAsItWas(t *testing.T) {
	c := newCenter(t)
	store := &broken{Store: sqlite{}.Open(t, c.place)}
	s := c.startOver(t, store)
	store.down = true
	changed := c.issuers[0]
	changed.Retain = true
	_, _, err := s.Configure(t.Context(), changed)
	want(t, err, issuance.ErrUnavailable)
	i, err := s.Issuer("demo")
	must(t, err)
	same(t, i.Retain, false)
}

// What is refused leaves no key behind, which would keep the corrected request from its name.
func TestANewIssuerIsCheckedBeforeItsKeyIsMade(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	good := issuance.Issuer{Name: "badges", Form: credentials.FormEdDSAJCS, Purposes: []string{"none"}}
	for pointer, change := range map[string]func(*issuance.Issuer){
		"/publicUrl":               func(i *issuance.Issuer) { i.PublicURL = "ftp://a.example" },
		"/purposes":                func(i *issuance.Issuer) { i.Purposes = []string{"fun"} },
		"/alternatives/vc+nothing": func(i *issuance.Issuer) { i.Alternatives = alternative("vc+nothing", "") },
		"/alternatives/ecdsa-jcs-2019": func(i *issuance.Issuer) {
			i.Alternatives = alternative(credentials.FormECDSAJCS, "")
		},
		"/alternatives/vc+jwt": func(i *issuance.Issuer) {
			i.Alternatives = alternative(credentials.FormJWT, "did:web:a.example#b")
		},
	} {
		i := good
		change(&i)
		_, _, err := s.Configure(t.Context(), i)
		refused(t, err, issuance.ErrInvalid, pointer)
	}
	names, err := c.keys.Names(t.Context())
	must(t, err)
	for _, name := range names {
		if name == "issuer-badges" {
			t.Error("a key was made")
		}
	}
	_, created, err := s.Configure(t.Context(), good)
	must(t, err)
	same(t, created, true)

	long := good
	long.Name = "a123456789b123456789c123456789d123456789e123456789f123456789"
	_, _, err = s.Configure(t.Context(), long)
	refused(t, err, issuance.ErrInvalid, "/name")
}

func alternative(form credentials.Form, method string) map[credentials.Form]string {
	return map[credentials.Form]string{form: method}
}

func TestAnIssuerIsMadeOnceByManyAtATime(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	var mu sync.Mutex
	var wait sync.WaitGroup
	made, dids := 0, map[string]bool{}
	for range 8 {
		wait.Go(func() {
			i, created, err := s.Configure(t.Context(), issuance.Issuer{Name: "badges", Form: credentials.FormEdDSAJCS, Purposes: []string{"none"}})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			dids[string(i.DID)] = true
			if created {
				made++
			}
		})
	}
	wait.Wait()
	same(t, made, 1)
	same(t, len(dids), 1)
}

func TestConfigurationsAreReadToTheLetter(t *testing.T) {
	for text, pointer := range map[string]string{
		`{"Accreditation":false,"accreditation":true}`: "/Accreditation",
		`{"accreditation":true,"ACCREDITATION":false}`: "/ACCREDITATION",
		`{"fixed":true}`: "/fixed",
		`{"claims":[{"path":"/a"},{"Path":"/a"}]}`:    "/claims/1/Path",
		`{"schema":{"id":"https://a.example","x":1}}`: "/schema/x",
		`{"claims":[{"path":7}]}`:                     "/claims",
		`{"validity":"1"}`:                            "/validity",
	} {
		_, err := issuance.ParseTemplate([]byte(text))
		refused(t, err, issuance.ErrRequest, pointer)
	}
	for text, pointer := range map[string]string{`{"DID":"did:key:x"}`: "/DID", `{"retain":"yes"}`: "/retain", `{"alternatives":[]}`: "/alternatives"} {
		_, err := issuance.ParseIssuer([]byte(text))
		refused(t, err, issuance.ErrRequest, pointer)
	}
	if _, err := issuance.ParseTemplate([]byte(`{"claimsSchema":{"TYPE":1,"$defs":{"a":{}}}}`)); err != nil {
		t.Errorf("a schema's members are its own: %v", err)
	}
}
