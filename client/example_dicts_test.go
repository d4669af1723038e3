package creditpocket_test

import (
	"context"
	"fmt"

	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleDictService_Cities() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	cities, err := c.Dicts.Cities(context.Background(), "NG-LA")
	if err != nil {
		panic(err)
	}
	for _, city := range cities {
		fmt.Println(city.Code, city.Name)
	}
	// Output:
	// 25001 Ikeja
	// 25002 Lekki
}

func ExampleDictService_IncomeBands() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(nil)
	bands, err := c.Dicts.IncomeBands(context.Background())
	if err != nil {
		panic(err)
	}
	for _, band := range bands {
		if band.Max == nil {
			fmt.Println(band.Code, "from", band.Min)
			continue
		}
		fmt.Println(band.Code, band.Min, "to", *band.Max)
	}
	// Output:
	// 3 NGN 100,000.00 to NGN 199,999.99
	// 4 from NGN 200,000.00
}
