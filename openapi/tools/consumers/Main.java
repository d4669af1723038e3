import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.creditpocket.ApiClient;
import org.creditpocket.ApiException;
import org.creditpocket.api.AuthApi;
import org.creditpocket.api.LoanApi;
import org.creditpocket.api.UserApi;
import org.creditpocket.model.ConsentInfo;
import org.creditpocket.model.ConsentPurpose;
import org.creditpocket.model.ErrorCode;
import org.creditpocket.model.ErrorResponse;
import org.creditpocket.model.LoanPageResponse;
import org.creditpocket.model.LoginInfo;
import org.creditpocket.model.UserVoResponse;

/** A client that openapi-generator made of the mobile document: logs in, lists loans, reads a typed 409. */
public class Main {
    static void check(boolean holds, String what) {
        if (!holds) throw new IllegalStateException(what);
    }

    public static void main(String[] args) throws Exception {
        String base = args[0], mobile = args[1], password = args[2];
        ApiClient client = new ApiClient();
        URI server = URI.create(base);
        client.setScheme(server.getScheme()).setHost(server.getHost()).setPort(server.getPort()).setBasePath("");
        UserVoResponse login = new AuthApi(client).login(new LoginInfo().mobile(mobile).password(password).applyTerminal(1));
        check(login.getCode() == 1 && login.getData().getMobile().equals(mobile), "login");
        String token = login.getData().getToken();
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));

        LoanPageResponse loans = new LoanApi(client).listLoans(1, 10);
        check(!loans.getData().getList().isEmpty(), "no loans");
        check(loans.getData().getTotal().equals(String.valueOf(loans.getData().getList().size())), "total");

        ErrorResponse refused = null;
        int status = 0;
        try {
            new UserApi(client).saveConsent(new ConsentInfo().purpose(ConsentPurpose.DATA_PROCESSING).policyVersion("1900-01").granted(1));
        } catch (ApiException e) {
            status = e.getCode();
            refused = client.getObjectMapper().readValue(e.getResponseBody(), ErrorResponse.class);
        }
        check(status == 409 && refused != null && refused.getData().getReason() == ErrorCode.ConsentVersionMismatch, "the 409 is " + status + " " + refused);
        check(!refused.getData().getRetryable(), "retryable");

        LoanPageResponse sample = client.getObjectMapper().readValue(Files.readString(Path.of(args[3])), LoanPageResponse.class);
        check(sample.getData().getList().size() == 10, "the sample");
        System.out.println("java: logged in, " + loans.getData().getTotal() + " loan, 409 " + refused.getData().getReason() + ", the sample has " + sample.getData().getList().size());
    }
}
