package creditpocket_test

import (
	"context"
	"fmt"

	creditpocket "github.com/creditpocket/creditpocket/client"
	"github.com/creditpocket/creditpocket/client/creditpockettest"
)

func ExampleImageService_Get() {
	srv := creditpockettest.Start()
	defer srv.Close()
	c := srv.Client(srv.ReadyBorrower())
	ctx := context.Background()
	photo := creditpocket.FileFromBytes("selfie.jpg", "image/jpeg", creditpockettest.Photo())
	page, err := c.Loans.Apply(ctx, creditpocket.Application{ProductID: "301", Terminal: creditpocket.TerminalAndroid, Photos: []creditpocket.File{photo}})
	if err != nil {
		panic(err)
	}
	image, err := c.Images.Get(ctx, page.Items[0].PortraitCode)
	fmt.Println(image.ContentType, len(image.Bytes) > 0, err)
	// Output:
	// image/jpeg true <nil>
}
