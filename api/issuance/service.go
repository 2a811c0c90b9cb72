package issuance

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Bounds of what a service asks of the ledger.
const (
	// MinListSize is the smallest list, in entries (Bitstring Status List 1.0, section 3: herd privacy).
	MinListSize = 131_072
	// MinLease is the smallest lease, in indices.
	MinLease = 8192

	operationLife = 120 * time.Second // exp of our operations, from now
	fillTime      = 60 * time.Second  // bounds one attempt at making lists and leases
	noQuorumWait  = 2 * time.Second   // how long an operation is waited for when the league has no quorum
)

// Options of a Service. Ledger, Store, Keys, Center and PublicURL are needed.
type Options struct {
	Ledger Ledger
	Store  Store          // stays the caller's to close
	Keys   keystore.Store // control, operator and issuer keys, by name

	Center    Center
	PublicURL string // of the center's API, without trailing slash: lists live at PublicURL/status-lists/<id>

	Replica   string   // name of this API process among the center's, default "api"
	Operator  string   // keystore name of the Ed25519 key that leases indices and sets bits, default "operator"; made if missing
	Operators []string // multikeys of further operators of new lists (other replicas of the center)

	// Restored says that the store came from a backup: what was drawn since is not known, so all leases are abandoned.
	// Where the ledger shows that the store is behind, that happens by itself.
	Restored bool

	Contexts *credentials.Contexts    // nil: the embedded ones
	Schemas  credentials.SchemaSource // nil: no schema that a credential names is known
	Types    credentials.TypeSource   // nil: SD-JWT VCs are not checked against the metadata of their type
	Trust    credentials.TrustSource  // nil: a template that requires an accreditation issues nothing
	// Templates are credential types of the configuration; others are stored (PutTemplate). Their issuers must be configured.
	Templates []Template
	ListSize  int64            // entries of new lists, default MinListSize
	Lease     int64            // indices a lease, default MinLease
	Now       func() time.Time // default time.Now
	Log       *slog.Logger     // nil: discarded
}

// Center is the member of the league that the service works for.
type Center struct {
	DID     did.DID
	Control []string // keystore names of keys that control DID: they create the lists of issuers without a record
}

func (o *Options) validate() error {
	if o.Ledger == nil || o.Store == nil || o.Keys == nil {
		return errors.New("issuance: ledger, store and keys are needed")
	}
	if o.Center.DID.Method() != "hanse" || len(o.Center.Control) == 0 {
		return fmt.Errorf("issuance: center %q: a did:hanse with control keys is needed", o.Center.DID)
	}
	if err := validatePublicURL(o.PublicURL); err != nil {
		return fmt.Errorf("issuance: %w", err)
	}
	if o.Replica == "" {
		o.Replica = "api"
	}
	if o.Operator == "" {
		o.Operator = "operator"
	}
	if o.ListSize = max(o.ListSize, MinListSize); o.ListSize%8 != 0 {
		return fmt.Errorf("issuance: list size %d is not a multiple of 8", o.ListSize)
	}
	o.Lease = min(max(o.Lease, MinLease), o.ListSize)
	if o.Contexts == nil {
		o.Contexts = credentials.EmbeddedContexts()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Service issues credentials and keeps their status. It is safe for concurrent use. Make one with New, Close it.
type Service struct {
	opts      Options
	ledger    Ledger
	store     Store
	operator  keystore.Signer
	tag       string // of this replica's leases on the ledger
	seal      *sealer
	published *publications
	bulk      chan struct{} // wakes bulkWork
	compiled  *schema.Cache

	mu          sync.RWMutex
	issuers     map[string]*issuing
	configuring sync.Mutex // of who changes the configuration of issuers and templates

	background context.Context // ends with Close
	stop       context.CancelFunc
	work       sync.WaitGroup
}

// issuing is a configured issuer with what it needs to work.
type issuing struct {
	Issuer
	signers map[credentials.Form]*credentials.Issuer
	draws   []*draws // one per purpose, those of the default form first, in order
}

// New returns a service over opts and loads the store's issuers. It makes the operator key if the keystore has none,
// and forgets the unfinished requests of an earlier run of the same replica. It does not wait for the ledger: see Prepare.
func New(ctx context.Context, opts Options) (*Service, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Service{opts: opts, ledger: opts.Ledger, store: opts.Store, issuers: map[string]*issuing{}, published: newPublications(), bulk: make(chan struct{}, 1), compiled: &schema.Cache{}}
	// Leases are tagged with the store's identity too: a replica that lost its store never sees the old one's leases.
	s.tag = opts.Replica + "-" + strings.ToLower(opts.Store.Identity()[:min(12, len(opts.Store.Identity()))])
	var err error
	if s.operator, err = operatorKey(ctx, opts.Keys, opts.Operator); err != nil {
		return nil, err
	}
	if s.seal, err = newSealer(ctx, s.operator); err != nil {
		return nil, err
	}
	if err := s.restored(ctx); err != nil {
		return nil, err
	}
	if err := s.store.ReleaseReplica(ctx, opts.Replica); err != nil {
		return nil, fmt.Errorf("issuance: release claims: %w", err)
	}
	if err := s.store.ExpireClaims(ctx, opts.Now()); err != nil {
		return nil, fmt.Errorf("issuance: expire claims: %w", err)
	}
	s.background, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	stored, err := s.store.Issuers(ctx)
	if err != nil {
		return nil, fmt.Errorf("issuance: issuers: %w", err)
	}
	for _, i := range stored {
		if err := s.load(ctx, i); err != nil {
			return nil, err
		}
	}
	if err := s.checkTemplates(); err != nil {
		s.stop()
		return nil, err
	}
	s.work.Go(s.sweep)
	s.work.Go(s.bulkWork)
	return s, nil
}

// restored abandons all leases of a store that came from a backup.
func (s *Service) restored(ctx context.Context) error {
	if !s.opts.Restored {
		return nil
	}
	lists, err := s.store.Lists(ctx, "")
	for _, l := range lists {
		err = errors.Join(err, s.store.AbandonLeases(ctx, l.ID))
	}
	if err != nil {
		return fmt.Errorf("issuance: abandon leases: %w", err)
	}
	return nil
}

// operatorKey finds or makes the operator key.
func operatorKey(ctx context.Context, store keystore.Store, name string) (keystore.Signer, error) {
	signer, err := store.Signer(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		signer, err = store.Generate(ctx, name, keys.EdDSA)
	}
	if err != nil {
		return nil, fmt.Errorf("issuance: operator key %q: %w", name, err)
	}
	if signer.Public().Algorithm() != keys.EdDSA {
		return nil, fmt.Errorf("issuance: operator key %q is no Ed25519 key", name)
	}
	return signer, nil
}

// Close ends the background work. Indices that were drawn and not used stay unused for ever.
func (s *Service) Close() error {
	s.stop()
	s.work.Wait()
	return nil
}

// sweep forgets expired answers once in a while.
func (s *Service) sweep() {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-s.background.Done():
			return
		case <-tick.C:
			if err := s.store.ExpireClaims(s.background, s.opts.Now()); err != nil && s.background.Err() == nil {
				s.opts.Log.Warn("expired idempotency answers stay", "error", err)
			}
		}
	}
}

// PutIssuer configures an issuer, new or changed: it is stored, and then put to work. Its keys must be in the keystore and fit its
// methods. ErrUnavailable if it cannot be stored; then nothing changed.
func (s *Service) PutIssuer(ctx context.Context, i Issuer) error {
	one, err := s.makeIssuing(ctx, i)
	if err != nil {
		return err
	}
	if err := s.store.PutIssuer(ctx, i); err != nil {
		return unavailable("the issuance store cannot be written", err)
	}
	s.putToWork(one)
	return nil
}

// Issuers lists the configured issuers by name.
func (s *Service) Issuers() []Issuer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Issuer, 0, len(s.issuers))
	for _, i := range s.issuers {
		all = append(all, i.Issuer)
	}
	slices.SortFunc(all, func(a, b Issuer) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// load puts a stored issuer to work.
func (s *Service) load(ctx context.Context, i Issuer) error {
	one, err := s.makeIssuing(ctx, i)
	if err == nil {
		s.putToWork(one)
	}
	return err
}

// makeIssuing checks an issuer against the keystore.
func (s *Service) makeIssuing(ctx context.Context, i Issuer) (*issuing, error) {
	if err := i.Validate(); err != nil {
		return nil, fmt.Errorf("issuance: %w", err)
	}
	one := &issuing{Issuer: i, signers: map[credentials.Form]*credentials.Issuer{}}
	for form, method := range i.forms() {
		signer, err := s.opts.Keys.Signer(ctx, i.keyFor(form))
		if err != nil {
			return nil, fmt.Errorf("issuance: issuer %s: key %q: %w", i.Name, i.keyFor(form), err)
		}
		if !slices.Contains(form.Algorithms(), signer.Public().Algorithm()) {
			return nil, fmt.Errorf("issuance: issuer %s: form %s needs a key for one of %v", i.Name, form, form.Algorithms())
		}
		one.signers[form] = &credentials.Issuer{
			DID: i.DID, Method: method, URL: s.issuerURL(i.Name), Form: form, Signer: signer, Contexts: s.opts.Contexts, Now: s.opts.Now,
			Schemas: s.opts.Schemas, Types: s.opts.Types, Compiled: s.compiled, RequireSchema: i.RequireSchema,
		}
	}
	for _, purpose := range i.allPurposes() {
		one.draws = append(one.draws, &draws{service: s, issuer: one, purpose: purpose})
	}
	return one, nil
}

// putToWork makes an issuer the one of its name. Indices in hand stay in use: they depend on DID and purpose only.
func (s *Service) putToWork(one *issuing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.issuers[one.Name]; old != nil {
		for n, d := range one.draws {
			for _, had := range old.draws {
				if had.purpose == d.purpose && old.DID == one.DID {
					had.adopt(one)
					one.draws[n] = had
				}
			}
		}
	}
	s.issuers[one.Name] = one
}

func (s *Service) issuer(name string) (*issuing, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if i := s.issuers[name]; i != nil {
		return i, nil
	}
	return nil, refuse(ErrUnknownIssuer, "", "no issuer "+name+" is configured here")
}

// IssuerFor finds the issuer that serves a DID: the first by name that can make form (empty: any). ErrForeignIssuer if
// none is configured.
func (s *Service) IssuerFor(id did.DID, form credentials.Form) (Issuer, error) {
	served := false
	for _, i := range s.Issuers() {
		if i.DID != id {
			continue
		}
		served = true
		if _, ok := i.forms()[form]; ok || form == "" {
			return i, nil
		}
	}
	if served {
		return Issuer{}, refuse(ErrRequest, "", "no issuer of this DID makes "+string(form))
	}
	return Issuer{}, refuse(ErrForeignIssuer, "/issuer", "no issuer with this DID is configured here")
}

func random16() (nonce [16]byte) {
	_, _ = rand.Read(nonce[:]) // never fails (crypto/rand)
	return nonce
}
