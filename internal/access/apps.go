package access

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/store"
)

// reloadGap keeps made-up app codes from asking the database each time.
const reloadGap = time.Second

// brandCache holds the few brands of a deployment, so that no request asks the database for them.
type brandCache struct {
	list    atomic.Pointer[brandList]
	loading sync.Mutex
}

type brandList struct {
	loaded time.Time // by the machine's clock: how old a copy is has nothing to do with the business day
	byCode map[string]store.Brand
}

// App finds the brand of an app code; an empty code is the deployment's default brand. It returns UNKNOWN_APP. A new brand is
// known within a second, a new name of a brand shows after Config.BrandsFor.
func (s *Service) App(ctx context.Context, code string) (string, error) {
	b, err := s.brand(ctx, code)
	return b.Code, err
}

func (s *Service) brand(ctx context.Context, code string) (store.Brand, error) {
	if code == "" {
		code = s.config.DefaultBrand
	}
	b, known, fresh := s.brands.find(code, s.config.BrandsFor)
	if !fresh {
		// Whoever finds the list old reads it again; the others go on with it, unless they need what it lacks.
		if known && !s.brands.loading.TryLock() {
			return b, nil
		} else if !known {
			s.brands.loading.Lock()
		}
		defer s.brands.loading.Unlock()
		again, knownNow, freshNow := s.brands.find(code, s.config.BrandsFor)
		if freshNow {
			b, known = again, knownNow
		} else if err := s.loadBrands(ctx); err == nil {
			b, known, _ = s.brands.find(code, s.config.BrandsFor)
		} else if !known {
			return store.Brand{}, err
		} else {
			s.log.WarnContext(ctx, "the brands could not be read again; the old list goes on", "error", err)
		}
	}
	if !known {
		return store.Brand{}, fault.New(catalog.UnknownApp)
	}
	return b, nil
}

// find looks a brand up; fresh says that the answer needs no look at the database.
func (c *brandCache) find(code string, life time.Duration) (b store.Brand, known, fresh bool) {
	list := c.list.Load()
	if list == nil {
		return store.Brand{}, false, false
	}
	b, known = list.byCode[code]
	age := time.Since(list.loaded)
	return b, known, age < life && (known || age < reloadGap)
}

func (s *Service) loadBrands(ctx context.Context) error {
	brands, err := s.store.Brands(ctx)
	if err != nil {
		return err
	}
	list := &brandList{loaded: time.Now(), byCode: make(map[string]store.Brand, len(brands))}
	for _, b := range brands {
		list.byCode[b.Code] = b
	}
	s.brands.list.Store(list)
	return nil
}
